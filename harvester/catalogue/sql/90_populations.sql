-- Which models a selection has or had: ``current`` if the newest listing of it has the model.
CREATE VIEW base.selected AS
SELECT selection.selection_id, member.model, key.hub_id, member.to_run = 2147483647 AS current
FROM base.member AS member
JOIN base.selection AS selection ON selection.selection = member.selection
JOIN base.model_key AS key ON key.model = member.model;

-- What each model of a sample stands for. Only samples have rows, so that a join costs nothing elsewhere.
CREATE VIEW model_weights AS
SELECT selection.selection_id, key.hub_id, member.weight
FROM base.member AS member
JOIN base.selection AS selection ON selection.selection = member.selection
JOIN base.model_key AS key ON key.model = member.model
WHERE member.to_run = 2147483647 AND json_exists(selection.flags, '$.sample')
    AND key.hub_id IN (SELECT hub_id FROM models);
