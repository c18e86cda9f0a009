"""Seeds the roles (docs/operations.md, Roles) as groups with their global permissions."""

from django.db import migrations

# Viewing is a global right; proposing is granted per account by sync from `owner:` in Git.
ROLES = ("viewer", "csm", "engineer", "approver", "responder", "auditor", "admin")
ADMIN_ONLY = (
    ("console", "user", ("add", "change", "view")),
    ("console", "apitoken", ("add", "change", "view", "delete")),
    ("integrations", "repository", ("add", "change", "view")),
)


def permission(apps, app_label, model, codename, name):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    # Permissions are otherwise made after the last migration, too late to be granted here.
    kind, _ = ContentType.objects.get_or_create(app_label=app_label, model=model)
    found, _ = Permission.objects.get_or_create(content_type=kind, codename=codename, defaults={"name": name})
    return found


def seed(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    view = permission(apps, "integrations", "account", "view_account", "Can view account")
    propose = permission(apps, "integrations", "account", "propose_override", "Can propose overrides for an account")
    decide = permission(apps, "integrations", "snapshot", "decide_held", "Can decide on a held sync")
    request_sync = permission(apps, "integrations", "repository", "request_sync", "Can ask for a sync")
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.add(view)
        if role in {"engineer", "responder", "admin", "csm"}:
            group.permissions.add(request_sync)
        if role == "engineer":
            group.permissions.add(propose, decide)
        if role == "approver":
            group.permissions.add(decide)
        if role == "admin":
            for app_label, model, verbs in ADMIN_ONLY:
                for verb in verbs:
                    group.permissions.add(permission(apps, app_label, model, f"{verb}_{model}", f"Can {verb} {model}"))


class Migration(migrations.Migration):
    dependencies = [("console", "0001_initial"), ("integrations", "__first__"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
