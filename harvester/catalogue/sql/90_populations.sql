-- Which models a selection has or had: ``current`` if the newest listing of it has the model.
CREATE VIEW base.selected AS
SELECT selection.selection_id, member.model, key.hub_id, member.to_run = 2147483647 AS current
FROM base.member AS member
JOIN base.selection AS selection ON selection.selection = member.selection
JOIN base.model_key AS key ON key.model = member.model;
