"""Port to other people's HTTP servers: the one client through which the console asks anything of the network."""
