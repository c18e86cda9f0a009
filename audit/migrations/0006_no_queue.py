from django.db import migrations, models


def drop_queue(apps, schema_editor):
    """Entries without a leaf are found by looking, and no longer queued by a trigger in every act."""
    is_postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute("DROP TRIGGER IF EXISTS audit_entry_queue" + (" ON audit_entry" if is_postgres else ""))
    if is_postgres:
        schema_editor.execute("DROP FUNCTION IF EXISTS audit_queue()")


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_search")]
    operations = [
        migrations.RunPython(drop_queue),
        migrations.DeleteModel("Pending"),
        migrations.AddField(
            "treehead",
            "settled",
            models.BigIntegerField(default=0, help_text="up to this entry all have leaves, and none can come"),
        ),
        migrations.AddField(
            "treehead",
            "seen",
            models.BigIntegerField(default=0, help_text="what `settled` becomes when `writers` have ended"),
        ),
        migrations.AddField(
            "treehead",
            "writers",
            models.TextField(
                blank=True, default="", help_text="who was writing entries after `seen` was"
            ),
        ),
    ]
