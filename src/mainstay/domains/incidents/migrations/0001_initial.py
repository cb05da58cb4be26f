import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import mainstay.kit.uuid7
import mainstay.platform.records.models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('assets', '0001_initial'),
        ('identity', '0001_initial'),
        ('units', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Incident',
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
                ('state', models.CharField(choices=[('reported', 'reported'), ('triaged', 'triaged'), ('contained', 'contained'), ('resolved', 'resolved'), ('closed', 'closed')], default='reported', editable=False, max_length=30, verbose_name='state')),
                ('classification', models.CharField(blank=True, choices=[('event', 'event'), ('incident', 'incident'), ('breach', 'breach')], editable=False, max_length=10, verbose_name='classification')),
                ('severity', models.PositiveSmallIntegerField(choices=[(1, 'low'), (2, 'medium'), (3, 'high'), (4, 'critical')], editable=False, null=True, verbose_name='severity')),
                ('category', models.CharField(choices=[('malware', 'malware'), ('phishing', 'phishing'), ('data_loss', 'data loss'), ('unauthorised_access', 'unauthorised access'), ('availability', 'availability'), ('physical', 'physical'), ('supplier', 'supplier'), ('human_error', 'human error'), ('other', 'other')], default='other', max_length=30, verbose_name='category')),
                ('occurred_at', models.DateTimeField(blank=True, null=True, verbose_name='happened')),
                ('detected_at', models.DateTimeField(blank=True, null=True, verbose_name='noticed')),
                ('aware_at', models.DateTimeField(editable=False, help_text='When the organisation knew with reasonable certainty; legal periods run from here.', null=True, verbose_name='aware')),
                ('affects_confidentiality', models.BooleanField(default=False, verbose_name='confidentiality affected')),
                ('affects_integrity', models.BooleanField(default=False, verbose_name='integrity affected')),
                ('affects_availability', models.BooleanField(default=False, verbose_name='availability affected')),
                ('personal_data_affected', models.BooleanField(default=False, help_text='Makes the notification duty of GDPR art. 33 run.', verbose_name='personal data affected')),
                ('is_significant', models.BooleanField(default=False, help_text='Severe disruption, financial loss or considerable damage to others (NIS2 art. 23 (3)); makes its duties run.', verbose_name='significant (NIS2)')),
                ('contained_at', models.DateTimeField(editable=False, null=True, verbose_name='contained')),
                ('resolved_at', models.DateTimeField(editable=False, null=True, verbose_name='resolved')),
                ('closed_at', models.DateTimeField(editable=False, null=True, verbose_name='closed')),
                ('root_cause', models.TextField(blank=True, max_length=5000, verbose_name='root cause')),
                ('root_cause_method', models.CharField(blank=True, choices=[('five_whys', 'five whys'), ('fishbone', 'cause and effect diagram'), ('fault_tree', 'fault tree'), ('barrier', 'barrier analysis'), ('timeline', 'timeline analysis'), ('other', 'other')], help_text='How the root cause was found.', max_length=20, verbose_name='found by')),
                ('lessons', models.TextField(blank=True, help_text='What you do differently from now on (A.5.27).', max_length=5000, verbose_name='lessons')),
                ('cost', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, verbose_name='cost')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('owner', models.ForeignKey(blank=True, help_text='The person accountable for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='owner')),
                ('reported_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='reported by')),
                ('unit', models.ForeignKey(help_text='Where in the organisation this belongs; decides who sees it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'incident',
                'verbose_name_plural': 'incidents',
                'ordering': ('ref',),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'indexes': [models.Index(fields=['organisation', 'state', 'ref'], name='incident_state')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'ref'), name='incident_ref_unique'), models.CheckConstraint(condition=models.Q(('detected_at__isnull', True), ('occurred_at__isnull', True), ('detected_at__gte', models.F('occurred_at')), _connector='OR'), name='incident_noticed_after_it_happened', violation_error_message='It was noticed before it happened.')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='IncidentAsset',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='linked')),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='incident_links', to='assets.asset')),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='linked by')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asset_links', to='incidents.incident')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'constraints': [models.UniqueConstraint(fields=('incident', 'asset'), name='incident_asset_unique')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('duty', models.CharField(max_length=40, verbose_name='duty')),
                ('outcome', models.CharField(choices=[('sent', 'sent'), ('not_owed', 'not owed, for the reason given')], default='sent', max_length=10, verbose_name='outcome')),
                ('sent_at', models.DateTimeField(verbose_name='sent')),
                ('recorded_at', models.DateTimeField(auto_now_add=True, verbose_name='recorded')),
                ('text', models.TextField(max_length=5000, verbose_name='text')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to='incidents.incident')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='recorded by')),
            ],
            options={
                'verbose_name': 'notification to an authority',
                'verbose_name_plural': 'notifications to authorities',
                'ordering': ('sent_at', 'id'),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'indexes': [models.Index(fields=['incident', 'duty'], name='incident_notification_duty')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='TimelineEntry',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='happened')),
                ('recorded_at', models.DateTimeField(auto_now_add=True, verbose_name='recorded')),
                ('kind', models.CharField(choices=[('note', 'note'), ('decision', 'decision'), ('containment', 'containment'), ('communication', 'communication'), ('evidence', 'evidence')], default='note', max_length=20, verbose_name='kind')),
                ('text', models.TextField(max_length=5000, verbose_name='text')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='timeline', to='incidents.incident')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='recorded by')),
            ],
            options={
                'verbose_name': 'timeline entry',
                'verbose_name_plural': 'timeline entries',
                'ordering': ('at', 'recorded_at', 'id'),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'indexes': [models.Index(fields=['incident', 'at'], name='timeline_entry_at')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
    ]
