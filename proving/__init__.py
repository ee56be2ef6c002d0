"""What `parley prove`, `parley bench` and `parley seed` run; the product never imports it."""
