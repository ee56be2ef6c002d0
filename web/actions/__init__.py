"""What an operator can do: one table for the dashboard's forms and for the API.

To add an action, write its verb in pipeline/override and its entry in table.py. An action `on`
something then has a form on that page, a button there if it has a `label`, and with a `route` a
route in the API.
"""
