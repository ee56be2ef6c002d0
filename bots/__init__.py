"""Your bots, one file each; the BOT setting names the one that runs, as in bots.template:bot."""
