import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import mainstay.kit.uuid7


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('identity', '0001_initial'),
        ('units', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportProfile',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('register', models.CharField(max_length=60)),
                ('name', models.CharField(max_length=100)),
                ('profile', models.JSONField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'constraints': [models.UniqueConstraint(fields=('organisation', 'register', 'name'), name='import_profile_unique')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('register', models.CharField(max_length=60)),
                ('name', models.CharField(max_length=100)),
                ('query', models.CharField(blank=True, max_length=2000)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.user')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'register', 'name'), name='saved_view_unique')],
            },
        ),
    ]
