"""Lessons as video: slides, captions, timeline, encoding, rendering.

Public: `vividly.lesson.video.render` and `vividly.lesson.video.audio.encode_m4a`. The rest is
internal.
"""
