"""Sessions that say whose they are, and tokens bound to a role. Everybody signs in anew after it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now


def bind(apps, schema_editor):
    """A token made before acts in the one role of its person; where there are several nobody can tell: it ends."""
    ApiToken = apps.get_model("console", "ApiToken")
    for token in ApiToken.objects.filter(revoked_at=None).select_related("user"):
        roles = list(token.user.groups.exclude(name__startswith="team:").values_list("name", flat=True))
        if len(roles) > 1:
            ApiToken.objects.filter(pk=token.pk).update(revoked_at=Now())
        else:
            ApiToken.objects.filter(pk=token.pk).update(role="".join(roles), scopes=["evaluate", "read"])


class Migration(migrations.Migration):
    dependencies = [("console", "0003_rights_of_roles"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [
        migrations.AddField(
            "apitoken",
            "role",
            models.CharField(
                blank=True,
                help_text="the person's role that it acts in; empty: only the accounts they own",
                max_length=150,
                default="",
            ),
            preserve_default=False,
        ),
        migrations.AddField("apitoken", "scopes", models.JSONField(default=list)),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("session_key", models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key")),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("address", models.CharField(blank=True, max_length=64)),
                ("agent", models.CharField(blank=True, max_length=300)),
                ("started_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "session", "verbose_name_plural": "sessions", "abstract": False},
        ),
        migrations.RunPython(bind, migrations.RunPython.noop),
    ]
