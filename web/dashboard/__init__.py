"""The dashboard: one folder per page, with its view, its own queries and its templates.

pages.py lists them; shell.py renders each one, once as a page and then live; layout/ has the
templates that several pages share.
"""
