import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import mainstay.kit.uuid7


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('ref', models.CharField(max_length=40, verbose_name='reference')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('description', models.TextField(blank=True, max_length=20000, verbose_name='description')),
                ('kind', models.CharField(choices=[('organisation', 'organisation'), ('division', 'division'), ('site', 'site'), ('team', 'team')], default='team', max_length=20, verbose_name='kind')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='units.unit', verbose_name='part of')),
            ],
            options={
                'verbose_name': 'unit',
                'verbose_name_plural': 'units',
                'ordering': ('ref',),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'constraints': [models.UniqueConstraint(fields=('organisation', 'ref'), name='unit_ref_unique'), models.CheckConstraint(condition=models.Q(models.Q(('organisation', models.F('id')), ('parent__isnull', True)), ('parent__isnull', False), _connector='OR'), name='unit_root_is_its_own_organisation')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='UnitPath',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('depth', models.PositiveSmallIntegerField()),
                ('ancestor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='below', to='units.unit')),
                ('descendant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='above', to='units.unit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('ancestor', 'descendant'), name='unit_path_unique')],
            },
        ),
    ]
