package larkspur.secrets

import rego.v1

# Anything named *_ref must point into Vault. A value that is typed in is a leak, even when it is a dummy.
deny contains message if {
	walk(input.effective, [path, value])
	last := path[count(path) - 1]
	is_string(last)
	endswith(last, "_ref")
	not startswith(value, "vault://")
	message := sprintf("%s must be a vault:// reference", [concat("/", [sprintf("%v", [part]) | some part in path])])
}
