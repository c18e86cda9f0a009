vault_path   = "vault://kv/larkspur/production"
webhook_host = "hooks.larkspur.example"
