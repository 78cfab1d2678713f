//! What changes in a row.

use super::create::{Style, Through, without};
use super::model::{Column, ScalarKind};
use super::types::{InputField, TypeRef};
use super::{Body, Builder};
use crate::psl::schema::ModelId;

impl<'a> Builder<'a> {
    /// Both styles of a change of one row. `through` is the field of this model that leads back.
    pub(super) fn update_inputs(&mut self, id: ModelId, through: Through<'a>) -> [TypeRef; 2] {
        [Style::Checked, Style::Unchecked].map(|style| self.update_input(id, style, through))
    }

    fn update_input(&mut self, id: ModelId, style: Style, through: Through<'a>) -> TypeRef {
        let name = self.name(id);
        let type_name = format!("{name}{}Update{}Input", style.infix(), without(through));
        self.input(type_name, move |builder| {
            let mut fields = builder.changed_columns(id, style, through);
            for side in builder.written_sides(id, style, through) {
                fields.push(builder.update_related(side, style));
            }
            Body::grouped(name, fields)
        })
    }

    /// Both styles of a change of many rows.
    pub(super) fn update_many_inputs(&mut self, id: ModelId, through: Through<'a>) -> [TypeRef; 2] {
        let name = self.name(id);
        let checked = self.input(format!("{name}UpdateManyMutationInput"), move |builder| {
            Body::grouped(name, builder.changed_columns(id, Style::Checked, None))
        });
        let unchecked = self.input(format!("{name}UncheckedUpdateMany{}Input", without(through)), move |builder| {
            Body::grouped(name, builder.changed_columns(id, Style::Unchecked, through))
        });
        [checked, unchecked]
    }

    fn changed_columns(&mut self, id: ModelId, style: Style, through: Through<'a>) -> Vec<InputField> {
        let columns = self.written_columns(id, style, through);
        columns.into_iter().map(|column| self.changed_column(id, column)).collect()
    }

    fn changed_column(&mut self, id: ModelId, column: Column<'a>) -> InputField {
        let owner = self.name(id);
        let value = self.value(column.kind);
        if column.is_list {
            let list = value.list();
            let change = self.input(format!("{owner}Update{}Input", column.name), {
                let list = list.clone();
                move |builder| {
                    let set = builder.field("set", vec![list.clone()]).parameterizable();
                    let push = builder.field("push", vec![value, list]).parameterizable();
                    Body::grouped(owner, vec![set, push]).exactly_one()
                }
            });
            return self.field(column.name, vec![change, list]);
        }
        if column.kind.is_json() {
            let null = self.json_null(column.is_nullable);
            return self.field(column.name, vec![null, value]).parameterizable();
        }
        let operation = self.operation(owner, column.kind, column.is_nullable);
        self.field(column.name, vec![value, operation]).nullable_if(column.is_nullable).parameterizable()
    }

    /// `set`, and arithmetic for numbers.
    fn operation(&mut self, owner: &'a str, kind: ScalarKind, nullable: bool) -> TypeRef {
        let kind_name = if kind == ScalarKind::Uuid { "String".to_owned() } else { self.kind_name(kind) };
        let prefix = if nullable { "Nullable" } else { "" };
        self.input(format!("{prefix}{kind_name}FieldUpdateOperationsInput"), move |builder| {
            let value = builder.value(kind);
            let mut fields = vec![builder.field("set", vec![value.clone()]).nullable_if(nullable).parameterizable()];
            if kind.is_number() {
                for name in ["increment", "decrement", "multiply", "divide"] {
                    fields.push(builder.field(name, vec![value.clone()]).parameterizable());
                }
            }
            Body::grouped(owner, fields).exactly_one()
        })
    }
}
