"""The dashboard: one module per page, with its template and its test of the same name.

pages.py lists them; shell.py answers each one, once as a page and then live.
"""
