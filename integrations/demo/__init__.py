"""The demo config repository: a made-up company's integrations as code, with the history of eight months."""
