import django.core.validators
import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import mainstay.domains.monitoring.models
import mainstay.kit.uuid7
import mainstay.platform.records.models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('context', '0001_initial'),
        ('identity', '0001_initial'),
        ('units', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Metric',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('ref', models.CharField(help_text='Short and for people: unique in the organisation.', max_length=40, verbose_name='reference')),
                ('ref_order', mainstay.platform.records.models.RefOrderField(default='', editable=False, max_length=120)),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('description', models.TextField(blank=True, max_length=20000, verbose_name='description')),
                ('tags', models.CharField(blank=True, help_text='Words separated by commas.', max_length=500, verbose_name='tags')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('state', models.CharField(choices=[('measured', 'being measured'), ('retired', 'retired')], default='measured', editable=False, max_length=30, verbose_name='state')),
                ('measures', models.CharField(blank=True, max_length=300, verbose_name='what it measures')),
                ('method', models.TextField(blank=True, help_text='How two people would arrive at the same value (9.1 b).', max_length=5000, verbose_name='method')),
                ('unit_of_measure', models.CharField(blank=True, help_text='As %, days, incidents.', max_length=40, verbose_name='unit of measure')),
                ('frequency_days', models.PositiveSmallIntegerField(default=90, help_text='Without a measurement for so long the metric is unknown, never green.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1100)], verbose_name='every so many days')),
                ('direction', models.CharField(choices=[('higher', 'higher is better'), ('lower', 'lower is better')], default='higher', max_length=10, verbose_name='direction')),
                ('target', models.DecimalField(decimal_places=4, help_text='Met from this value on.', max_digits=18, verbose_name='target')),
                ('amber', models.DecimalField(blank=True, decimal_places=4, help_text='Partly met between this and the target. Empty: a missed target is not met.', max_digits=18, null=True, verbose_name='still partly met')),
                ('source', models.CharField(choices=mainstay.domains.monitoring.models.source_choices, default='manual', max_length=60, verbose_name='source')),
                ('latest_value', models.DecimalField(decimal_places=4, editable=False, max_digits=18, null=True, verbose_name='latest value')),
                ('latest_on', models.DateField(editable=False, null=True, verbose_name='measured to')),
                ('objective', models.ForeignKey(blank=True, help_text='The objective whose progress this shows (6.2).', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='metrics', to='context.objective', verbose_name='objective')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('owner', models.ForeignKey(blank=True, help_text='The person accountable for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='owner')),
                ('unit', models.ForeignKey(help_text='Where in the organisation this belongs; decides who sees it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'metric',
                'verbose_name_plural': 'metrics',
                'ordering': ('ref',),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'constraints': [models.UniqueConstraint(fields=('organisation', 'ref'), name='metric_ref_unique'), models.CheckConstraint(condition=models.Q(('amber__isnull', True), models.Q(('amber__lte', models.F('target')), ('direction', 'higher')), models.Q(('amber__gte', models.F('target')), ('direction', 'lower')), _connector='OR'), name='metric_amber_on_the_worse_side', violation_error_message='“Still partly met” lies on the better side of the target.')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Measurement',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('period_from', models.DateField(verbose_name='from')),
                ('period_to', models.DateField(verbose_name='to')),
                ('value', models.DecimalField(decimal_places=4, max_digits=18, verbose_name='value')),
                ('source', models.CharField(max_length=60, verbose_name='source')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='note')),
                ('recorded_at', models.DateTimeField(auto_now_add=True, verbose_name='recorded')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='recorded by')),
                ('metric', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='measurements', to='monitoring.metric', verbose_name='metric')),
            ],
            options={
                'verbose_name': 'measurement',
                'verbose_name_plural': 'measurements',
                'ordering': ('-period_to', '-recorded_at'),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'indexes': [models.Index(fields=['metric', '-period_to', '-recorded_at'], name='measurement_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('period_to__gte', models.F('period_from'))), name='measurement_period_in_order', violation_error_message='The period ends before it begins.')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
    ]
