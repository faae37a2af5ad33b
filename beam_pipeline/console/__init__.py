"""The pages: students ask and watch, teachers look at a class, operators operate, in a browser.

They stand beside the API in one process, and read and write through the same code.
"""
