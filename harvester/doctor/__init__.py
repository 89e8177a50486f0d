"""`harvester doctor`: is this machine ready, and does the Hub answer as a harvest assumes?"""
