//! What happens to related rows when a row is created or changed.

use super::create::{Style, without};
use super::model::Side;
use super::types::{InputField, TypeRef};
use super::{Body, Builder, capitalised};

impl<'a> Builder<'a> {
    /// The field of a new row for related rows.
    pub(super) fn create_related(&mut self, side: Side<'a>, style: Style) -> InputField {
        let target = self.name(side.target);
        let back = self.back(side);
        let number = if side.is_list { "Many" } else { "One" };
        let name = format!("{target}{}CreateNested{number}{}Input", style.infix(), self.without_opposite(side));
        let nested = self.input(name, move |builder| {
            let mut fields = Vec::new();
            fields.extend(builder.nested_create(side, back));
            fields.extend(builder.nested_connect_or_create(side, back));
            fields.extend(builder.nested_create_many(side, back));
            fields.push(builder.nested_connect(side));
            Body::grouped(target, fields)
        });
        self.field(side.name, vec![nested]).required_if(side.is_required)
    }

    /// The field of a changed row for related rows.
    pub(super) fn update_related(&mut self, side: Side<'a>, style: Style) -> InputField {
        let target = self.name(side.target);
        let back = self.back(side);
        let number = match (side.is_list, side.is_required) {
            (true, _) => "Many",
            (false, true) => "OneRequired",
            (false, false) => "One",
        };
        let name = format!("{target}{}Update{number}{}NestedInput", style.infix(), self.without_opposite(side));
        let nested = self.input(name, move |builder| {
            let mut fields = Vec::new();
            fields.extend(builder.nested_create(side, back));
            fields.extend(builder.nested_connect_or_create(side, back));
            fields.extend(builder.nested_upsert(side, back));
            fields.extend(builder.nested_create_many(side, back));
            fields.extend(builder.nested_removals(side));
            fields.push(builder.nested_connect(side));
            fields.push(builder.nested_update(side, back));
            fields.extend(builder.nested_many(side, back));
            Body::grouped(target, fields)
        });
        self.field(side.name, vec![nested])
    }

    /// The field of the related model that leads back.
    fn back(&self, side: Side<'a>) -> Option<Side<'a>> {
        self.model(side.target).side(side.opposite).copied()
    }

    fn without_opposite(&self, side: Side<'a>) -> String {
        without(self.back(side))
    }

    fn nested_create(&mut self, side: Side<'a>, back: Option<Side<'a>>) -> Option<InputField> {
        if !self.model(side.target).creatable {
            return None;
        }
        let types = self.create_inputs(side.target, back);
        let types = types.into_iter().flat_map(|one| one_or_more(one, side.is_list)).collect();
        Some(self.field("create", types))
    }

    fn nested_connect_or_create(&mut self, side: Side<'a>, back: Option<Side<'a>>) -> Option<InputField> {
        if !self.model(side.target).creatable {
            return None;
        }
        let target = self.name(side.target);
        let one = self.input(format!("{target}CreateOrConnect{}Input", without(back)), move |builder| {
            let row = builder.where_unique_input(side.target);
            let new = builder.create_inputs(side.target, back).to_vec();
            Body::grouped(
                target,
                vec![builder.field("where", vec![row]).required(), builder.field("create", new).required()],
            )
        });
        Some(self.field("connectOrCreate", one_or_more(one, side.is_list)))
    }

    fn nested_create_many(&mut self, side: Side<'a>, back: Option<Side<'a>>) -> Option<InputField> {
        if !self.model(side.target).creatable || !side.is_list || side.is_many_to_many {
            return None;
        }
        let target = self.name(side.target);
        let infix = back.map(|side| capitalised(side.name)).unwrap_or_default();
        let envelope = self.input(format!("{target}CreateMany{infix}InputEnvelope"), move |builder| {
            let row = builder.create_many_input(side.target, back);
            let data = builder.field("data", one_or_more(row, true)).required();
            Body::grouped(target, vec![data, builder.field("skipDuplicates", vec![TypeRef::scalar("Boolean")])])
        });
        Some(self.field("createMany", vec![envelope]))
    }

    fn nested_connect(&mut self, side: Side<'a>) -> InputField {
        let row = self.where_unique_input(side.target);
        self.field("connect", one_or_more(row, side.is_list))
    }

    fn nested_upsert(&mut self, side: Side<'a>, back: Option<Side<'a>>) -> Option<InputField> {
        if !self.model(side.target).creatable {
            return None;
        }
        let target = self.name(side.target);
        let infix = if side.is_list { "WithWhereUnique" } else { "" };
        let one = self.input(format!("{target}Upsert{infix}{}Input", without(back)), move |builder| {
            let mut fields = Vec::new();
            if side.is_list {
                let row = builder.where_unique_input(side.target);
                fields.push(builder.field("where", vec![row]).required());
            }
            let changed = builder.update_inputs(side.target, back).to_vec();
            fields.push(builder.field("update", changed).required());
            let new = builder.create_inputs(side.target, back).to_vec();
            fields.push(builder.field("create", new).required());
            if !side.is_list {
                let row = builder.where_input(side.target);
                fields.push(builder.field("where", vec![row]));
            }
            Body::grouped(target, fields)
        });
        Some(self.field("upsert", one_or_more(one, side.is_list)))
    }

    /// `set`, `disconnect` and `delete`.
    fn nested_removals(&mut self, side: Side<'a>) -> Vec<InputField> {
        if side.is_list {
            let row = self.where_unique_input(side.target);
            let rows = one_or_more(row, true);
            return ["set", "disconnect", "delete"].map(|name| self.field(name, rows.clone())).to_vec();
        }
        if side.is_required {
            return Vec::new();
        }
        let row = self.where_input(side.target);
        let whether = vec![TypeRef::scalar("Boolean"), row];
        ["disconnect", "delete"].map(|name| self.field(name, whether.clone())).to_vec()
    }

    fn nested_update(&mut self, side: Side<'a>, back: Option<Side<'a>>) -> InputField {
        let target = self.name(side.target);
        let infix = if side.is_list { "WithWhereUnique" } else { "ToOneWithWhere" };
        let one = self.input(format!("{target}Update{infix}{}Input", without(back)), move |builder| {
            let row = if side.is_list {
                let row = builder.where_unique_input(side.target);
                builder.field("where", vec![row]).required()
            } else {
                let row = builder.where_input(side.target);
                builder.field("where", vec![row])
            };
            let changed = builder.update_inputs(side.target, back).to_vec();
            Body::grouped(target, vec![row, builder.field("data", changed).required()])
        });
        let mut types = one_or_more(one, side.is_list);
        if !side.is_list {
            types.extend(self.update_inputs(side.target, back));
        }
        self.field("update", types)
    }

    /// `updateMany` and `deleteMany`.
    fn nested_many(&mut self, side: Side<'a>, back: Option<Side<'a>>) -> Vec<InputField> {
        if !side.is_list {
            return Vec::new();
        }
        let target = self.name(side.target);
        let update = self.input(format!("{target}UpdateManyWithWhere{}Input", without(back)), move |builder| {
            let rows = builder.scalar_where_input(side.target);
            let changed = builder.update_many_inputs(side.target, back).to_vec();
            Body::grouped(
                target,
                vec![builder.field("where", vec![rows]).required(), builder.field("data", changed).required()],
            )
        });
        let rows = self.scalar_where_input(side.target);
        vec![self.field("updateMany", one_or_more(update, true)), self.field("deleteMany", one_or_more(rows, true))]
    }
}

fn one_or_more(one: TypeRef, more: bool) -> Vec<TypeRef> {
    if more { vec![one.clone(), one.list()] } else { vec![one] }
}
