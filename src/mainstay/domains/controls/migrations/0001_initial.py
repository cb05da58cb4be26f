import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import mainstay.kit.uuid7
import mainstay.platform.records.models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('assets', '0001_initial'),
        ('context', '0001_initial'),
        ('identity', '0001_initial'),
        ('library', '0001_initial'),
        ('units', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Control',
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
                ('state', models.CharField(choices=[('planned', 'planned'), ('implementing', 'in implementation'), ('operating', 'operating'), ('retired', 'retired')], default='planned', editable=False, max_length=30, verbose_name='state')),
                ('type', models.CharField(choices=[('preventive', 'preventive'), ('detective', 'detective'), ('corrective', 'corrective')], default='preventive', max_length=20, verbose_name='type')),
                ('nature', models.CharField(choices=[('manual', 'manual'), ('automated', 'automated'), ('mixed', 'partly automated')], default='manual', max_length=20, verbose_name='nature')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='in operation by')),
                ('review_on', models.DateField(blank=True, null=True, verbose_name='next review')),
                ('capital_cost', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, verbose_name='one-time cost')),
                ('yearly_cost', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, verbose_name='yearly cost')),
                ('state_changed_at', models.DateTimeField(editable=False, null=True)),
                ('operator', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='operator')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('owner', models.ForeignKey(blank=True, help_text='The person accountable for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='owner')),
                ('unit', models.ForeignKey(help_text='Where in the organisation this belongs; decides who sees it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'control',
                'verbose_name_plural': 'controls',
                'ordering': ('ref',),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'indexes': [models.Index(fields=['organisation', 'state', 'ref_order'], name='control_state')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'ref'), name='control_ref_unique')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='ControlAsset',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='linked')),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='control_links', to='assets.asset')),
                ('control', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asset_links', to='controls.control')),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='linked by')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'constraints': [models.UniqueConstraint(fields=('control', 'asset'), name='control_asset_unique')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Satisfaction',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='linked')),
                ('coverage', models.CharField(choices=[('full', 'full'), ('partial', 'partial')], default='full', max_length=10, verbose_name='coverage')),
                ('control', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='satisfactions', to='controls.control')),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='linked by')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('requirement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='satisfactions', to='library.requirement')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'constraints': [models.UniqueConstraint(fields=('control', 'requirement'), name='satisfaction_unique')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='SoaVersion',
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
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('approved', 'approved'), ('rejected', 'rejected'), ('superseded', 'superseded')], default='proposed', editable=False, max_length=30, verbose_name='state')),
                ('number', models.PositiveIntegerField(editable=False, verbose_name='version')),
                ('digest', models.CharField(editable=False, max_length=64, verbose_name='SHA-256')),
                ('frozen', models.JSONField(editable=False)),
                ('proposed_at', models.DateTimeField(editable=False, verbose_name='proposed')),
                ('approved_at', models.DateTimeField(editable=False, null=True, verbose_name='approved')),
                ('approved_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person')),
                ('framework', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='library.framework')),
                ('management_system', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='soa_versions', to='context.managementsystem')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('owner', models.ForeignKey(blank=True, help_text='The person accountable for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='owner')),
                ('proposed_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person')),
                ('unit', models.ForeignKey(help_text='Where in the organisation this belongs; decides who sees it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'SoA version',
                'verbose_name_plural': 'SoA versions',
                'ordering': ('-number',),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'constraints': [models.UniqueConstraint(fields=('organisation', 'ref'), name='soa_version_ref_unique'), models.UniqueConstraint(fields=('management_system', 'framework', 'number'), name='soa_version_number_unique')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Applicability',
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
                ('decision', models.CharField(choices=[('undecided', 'not decided'), ('applicable', 'applicable'), ('excluded', 'excluded')], default='undecided', max_length=12, verbose_name='decision')),
                ('is_best_practice', models.BooleanField(default=False, help_text='Applied because it is good practice, beside what is derived.', verbose_name='good practice')),
                ('is_business_requirement', models.BooleanField(default=False, verbose_name='business requirement')),
                ('justification', models.TextField(blank=True, help_text='Needed for an exclusion (6.1.3 d).', max_length=2000, verbose_name='justification')),
                ('review_on', models.DateField(blank=True, null=True, verbose_name='review by')),
                ('management_system', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='applicabilities', to='context.managementsystem')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('owner', models.ForeignKey(blank=True, help_text='The person accountable for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='owner')),
                ('requirement', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='applicabilities', to='library.requirement', verbose_name='requirement')),
                ('unit', models.ForeignKey(help_text='Where in the organisation this belongs; decides who sees it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'applicability',
                'verbose_name_plural': 'applicability',
                'ordering': ('requirement__position',),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'indexes': [models.Index(fields=['organisation', 'ref'], name='applicability_ref')],
                'constraints': [models.UniqueConstraint(fields=('management_system', 'requirement'), name='applicability_unique'), models.CheckConstraint(condition=models.Q(models.Q(('decision', 'excluded'), _negated=True), models.Q(('justification', ''), _negated=True), _connector='OR'), name='exclusion_is_justified', violation_error_message='An exclusion needs its justification (6.1.3 d).')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
    ]
