"""What `parley seed` fills a database with."""
