-- Groupings that many questions need. ``--selection`` gives them namesakes with the same parameters.
CREATE MACRO license_class(license_id) AS CASE
    WHEN coalesce(license_id, '') IN ('', 'none') THEN 'none'
    WHEN regexp_matches(lower(license_id), '(^|-)nc(-|$)|noncommercial|research|^apple-amlr$') THEN 'non-commercial'
    WHEN regexp_matches(
        lower(license_id),
        '^(llama|gemma|grok)|openrail|-rail-|^deepfloyd|^apple-|^c-uda$|^cc-by-nd|^lgpl-lr$|^fair-'
    ) THEN 'restricted'
    WHEN regexp_matches(
        lower(license_id),
        '^(apache|mit|bsd|afl|artistic|bsl|cc0|cc-by|cdla|wtfpl|ecl|epl|etalab|eupl|agpl|gfdl|gpl|lgpl|isc|lppl|ms-pl|mpl|'
        || 'odc|odbl|openmdw|osl|postgresql|ofl|ncsa|unlicense|zlib|pddl)([-.0-9].*)?$'
    ) THEN 'open'
    ELSE 'unknown' END;
COMMENT ON MACRO license_class IS 'Class of a licence id: open (anyone may use, change and share it, for any purpose; with or without copyleft), restricted (some uses or users are excluded), non-commercial, none (nothing declared), unknown (other, or a text that says nothing). A grouping for counting, no legal advice.';

CREATE MACRO size_class(parameters) AS CASE
    WHEN parameters IS NULL THEN 'unknown' WHEN parameters < 100000000 THEN 'below 100M'
    WHEN parameters < 1000000000 THEN '100M-1B' WHEN parameters < 3000000000 THEN '1B-3B'
    WHEN parameters < 10000000000 THEN '3B-10B' WHEN parameters < 30000000000 THEN '10B-30B'
    WHEN parameters < 100000000000 THEN '30B-100B' ELSE '100B or more' END;
COMMENT ON MACRO size_class IS 'Band of a number of parameters; each band includes its lower limit. unknown: NULL.';

CREATE MACRO root_of(model_name) AS TABLE
SELECT root, root_hub_id, depth FROM lineage_roots
WHERE child_hub_id IN (SELECT hub_id FROM models WHERE repo_id = model_name OR hub_id = model_name);
COMMENT ON MACRO TABLE root_of IS 'The roots of a model, given by name or hub_id: one row per root, with the steps to it. No row: it has no known parent.';

CREATE MACRO family_of(model_name) AS TABLE
SELECT models.hub_id, models.repo_id, roots.depth, models.downloads, models.license, models.parameters
FROM lineage_roots AS roots JOIN models ON models.hub_id = roots.child_hub_id
WHERE roots.root = model_name OR roots.root_hub_id = model_name;
COMMENT ON MACRO TABLE family_of IS 'Live models that were made from a root model, directly or indirectly, given its current name or hub_id.';

CREATE MACRO members_at(selection_name, moment) AS TABLE
SELECT member.hub_id, member.rank, member.weight, member.run_id FROM selection_members AS member
JOIN (
    SELECT selections.selection_id, max(runs.run_id) AS run_id FROM selections
    JOIN runs ON runs.selection_id = selections.selection_id
    WHERE (selections.name = selection_name OR selections.selection_id = selection_name)
        AND runs.listed_at <= CAST(moment AS TIMESTAMP) AND runs.updates_since IS NULL
    GROUP BY selections.selection_id
) AS newest ON newest.selection_id = member.selection_id AND newest.run_id = member.run_id;
COMMENT ON MACRO TABLE members_at IS 'Members of a selection, given by name or id, in its last complete listing at or before a time (UTC).';
