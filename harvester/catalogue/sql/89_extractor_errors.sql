-- What an extractor of ours failed at, wherever it is: documents of the history too.
CREATE VIEW extractor_errors AS
WITH invalid(item, id, reason) AS (
    SELECT 'document', lower(hex(oid)), reason FROM base.doc
    UNION ALL SELECT 'card', lower(hex(oid)), reason FROM base.card
    UNION ALL SELECT 'license', lower(hex(oid)), reason FROM base.license_text
    UNION ALL SELECT 'weights', lower(hex(content)), reason FROM base.header
    UNION ALL SELECT item, coalesce(hub_id, requested_id), error FROM fetches WHERE outcome = 'invalid'
    UNION ALL SELECT item, id, reason FROM base.step_error
)
SELECT item, id, reason FROM invalid WHERE starts_with(reason, '{{extractor_error}}');
