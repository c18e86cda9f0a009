vault_path   = "vault://kv/larkspur/staging"
webhook_host = "hooks.staging.larkspur.example"
