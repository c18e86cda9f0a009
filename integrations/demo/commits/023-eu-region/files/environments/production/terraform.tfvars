vault_path      = "vault://kv/larkspur/production"
webhook_host    = "hooks.larkspur.example"
webhook_host_eu = "hooks.eu.larkspur.example"
