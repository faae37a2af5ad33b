"""Lessons as video: slides, captions, timeline, encoding, rendering.

`vividly.lesson.video.render` is the way in; nothing else is meant to be called from outside,
except `vividly.lesson.video.audio.encode_m4a`.
"""
