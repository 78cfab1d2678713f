//! What the configuration file of a Prisma project says, read by parsing it: literals, variables, a few functions.
//!
//! Nothing is executed. What this reader does not understand becomes [`Value::Unknown`], and only if such a value is
//! needed has a JavaScript runtime to say what it is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, AssignmentOperator, BinaryOperator, BindingPattern, CallExpression, ChainElement,
    Declaration, Expression, ImportDeclaration, ImportDeclarationSpecifier, LogicalOperator, ObjectExpression,
    ObjectPropertyKind, PropertyKey, Statement, TSModuleReference, UnaryOperator, VariableDeclaration,
};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType, Span};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::dotenv;
use super::environment::Environment;
use crate::db::url::redact;

/// Longest file that is read here, in bytes; longer ones are left to a runtime. It bounds the stack that the parser
/// may need for deeply nested text.
const LONGEST: usize = 64 * 1024;

/// Stack for each byte of the file, twice what the parser was seen to take for the worst (an opening parenthesis).
/// It is memory only if it is used.
const STACK_PER_BYTE: usize = 6 * 1024;

/// How deep expressions are followed.
const DEEPEST: usize = 100;

/// What JavaScript's `encodeURIComponent` encodes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// A value in a configuration file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Undefined,
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
    /// `env("NAME")` of a variable that is not set or empty; Prisma stops there, evt only if the value is needed.
    MissingVariable {
        name: String,
        empty: bool,
    },
    /// A module that evt knows, or `process`.
    Module(&'static str),
    /// A function of such a module.
    Function(&'static str, &'static str),
    /// `process.env`
    Environment,
    /// What only a runtime can tell: the text as written and its line.
    Unknown {
        text: String,
        line: usize,
    },
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) line: usize,
    pub(super) message: String,
}

/// Where a file is evaluated.
pub(super) struct Place<'a> {
    /// The file, absolute.
    pub(super) file: &'a Path,
    /// The working directory: where `dotenv` looks and what `path.resolve` starts from.
    pub(super) cwd: &'a Path,
}

/// Reads the file's text and returns what it exports. `.env` files that it loads are added to `environment`.
pub(super) fn evaluate(text: &str, place: &Place<'_>, environment: &mut Environment) -> Result<Value, SyntaxError> {
    if text.len() > LONGEST {
        return Ok(Value::Unknown { text: "a file of this length".to_owned(), line: 1 });
    }
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(2 * 1024 * 1024 + text.len() * STACK_PER_BYTE);
        let work = || evaluate_here(text, place, environment);
        match reader.spawn_scoped(scope, work).map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            _ => Ok(Value::Unknown { text: "this file".to_owned(), line: 1 }),
        }
    })
}

fn evaluate_here(text: &str, place: &Place<'_>, environment: &mut Environment) -> Result<Value, SyntaxError> {
    let allocator = Allocator::default();
    let kind = SourceType::from_path(place.file).unwrap_or_else(|_| SourceType::ts());
    let parsed = Parser::new(&allocator, text, kind).parse();
    let lines = Lines { text };
    if let Some(problem) = parsed.diagnostics.iter().find(|d| d.severity == oxc_diagnostics::Severity::Error) {
        let start = problem.labels.first().map_or(0, oxc_diagnostics::LabeledSpan::offset);
        return Err(SyntaxError { line: lines.at(start as usize), message: problem.message.to_string() });
    }
    let mut evaluator = Evaluator {
        depth: 0,
        lines,
        place,
        environment,
        names: HashMap::new(),
        exported: None,
        foreign: None,
        opaque: None,
    };
    for statement in &parsed.program.body {
        if let Statement::ImportDeclaration(import) = statement {
            evaluator.import(import);
        }
    }
    for statement in &parsed.program.body {
        evaluator.statement(statement);
    }
    Ok(evaluator.opaque.or(evaluator.exported).unwrap_or(Value::Undefined))
}

struct Lines<'a> {
    text: &'a str,
}

impl Lines<'_> {
    /// 1-based line of a byte offset.
    fn at(&self, offset: usize) -> usize {
        let end = offset.min(self.text.len());
        self.text.as_bytes().iter().take(end).filter(|&&b| b == b'\n').count() + 1
    }

    /// The text of a span, one line of it, without passwords.
    fn excerpt(&self, span: Span) -> Value {
        let text = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        // Redacted before it is cut, for what is left of a URL would not be known as one.
        let safe = redact(line);
        let short: String = safe.chars().take(60).collect();
        let more = if short.len() < safe.len() || line.len() < text.len() { "…" } else { "" };
        Value::Unknown { text: format!("{short}{more}"), line: self.at(span.start as usize) }
    }
}

struct Evaluator<'a> {
    depth: usize,
    lines: Lines<'a>,
    place: &'a Place<'a>,
    environment: &'a mut Environment,
    names: HashMap<String, Value>,
    exported: Option<Value>,
    /// A module that may set variables: what is missing afterwards may be there in truth.
    foreign: Option<Value>,
    /// A statement that may do anything.
    opaque: Option<Value>,
}

/// Modules whose functions are known; `node:` is dropped before.
const MODULES: &[&str] = &["prisma/config", "@prisma/config", "path", "process", "url", "dotenv", "dotenv/config"];

/// Functions that are known, by module.
const FUNCTIONS: &[(&str, &[&str])] = &[
    ("prisma/config", &["defineConfig", "env"]),
    ("@prisma/config", &["defineConfig", "env"]),
    ("path", &["join", "resolve", "dirname"]),
    ("process", &["cwd", "loadEnvFile"]),
    ("url", &["fileURLToPath"]),
    ("dotenv", &["config"]),
];

impl Evaluator<'_> {
    fn import(&mut self, import: &ImportDeclaration<'_>) {
        if import.import_kind.is_type() {
            return;
        }
        let module = self.module(import.source.value.as_str(), import.span);
        for specifier in import.specifiers.iter().flatten() {
            let (local, value) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(named) => {
                    if named.import_kind.is_type() {
                        continue;
                    }
                    (&named.local, self.member(&module, named.imported.name().as_str(), named.span))
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(default) => (&default.local, module.clone()),
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(all) => (&all.local, module.clone()),
            };
            self.names.insert(local.name.to_string(), value);
        }
    }

    /// A module by name. Loading `dotenv/config` reads `.env`; an unknown module may do the like.
    fn module(&mut self, name: &str, span: Span) -> Value {
        let name = name.strip_prefix("node:").unwrap_or(name);
        match MODULES.iter().find(|known| **known == name) {
            Some(&"dotenv/config") => {
                self.load_env_file(".env", false);
                Value::Module("dotenv/config")
            }
            Some(known) => Value::Module(known),
            None => {
                let unknown = self.lines.excerpt(span);
                self.foreign.get_or_insert_with(|| unknown.clone());
                unknown
            }
        }
    }

    fn load_env_file(&mut self, path: &str, replace: bool) {
        let path = self.place.cwd.join(path);
        if let Ok(text) = std::fs::read_to_string(&path) {
            self.environment.add(&path, dotenv::parse(&text), replace);
        }
    }

    fn statement(&mut self, statement: &Statement<'_>) {
        match statement {
            Statement::VariableDeclaration(declaration) => self.variables(declaration),
            Statement::ExpressionStatement(statement) => self.effect(&statement.expression),
            Statement::ExportDefaultDeclaration(export) => {
                let value = match export.declaration.as_expression() {
                    Some(expression) => self.value(expression),
                    None => self.lines.excerpt(export.span), // a function, a class or an interface
                };
                self.exported = Some(value);
            }
            Statement::TSExportAssignment(export) => self.exported = Some(self.value(&export.expression)),
            Statement::ExportDeclaration(export) => {
                if let Declaration::VariableDeclaration(declaration) = &export.declaration {
                    self.variables(declaration);
                }
            }
            Statement::ExportNamedDeclaration(export) => {
                for specifier in &export.specifiers {
                    if specifier.exported.name() == "default" {
                        self.exported = Some(self.name(specifier.local.name().as_str(), specifier.span));
                    }
                }
            }
            Statement::BlockStatement(block) if self.depth < DEEPEST => {
                self.depth += 1;
                block.body.iter().for_each(|statement| self.statement(statement));
                self.depth -= 1;
            }
            Statement::IfStatement(choice) if self.depth < DEEPEST => match truth(&self.value(&choice.test)) {
                Some(true) => self.statement(&choice.consequent),
                Some(false) => choice.alternate.iter().for_each(|statement| self.statement(statement)),
                None => self.beyond(statement.span()),
            },
            // Whatever fails in there is somebody's plan B, such as a `.env` file that need not exist.
            Statement::TryStatement(attempt) if self.depth < DEEPEST => {
                self.depth += 1;
                let finally = attempt.finalizer.iter().flat_map(|block| &block.body);
                attempt.block.body.iter().chain(finally).for_each(|statement| self.statement(statement));
                self.depth -= 1;
            }
            Statement::TSImportEqualsDeclaration(import) => match &import.module_reference {
                TSModuleReference::ExternalModuleReference(module) => {
                    let value = self.module(module.expression.value.as_str(), import.span);
                    self.names.insert(import.id.name.to_string(), value);
                }
                _ => self.beyond(import.span),
            },
            Statement::ImportDeclaration(_)
            | Statement::EmptyStatement(_)
            | Statement::FunctionDeclaration(_)
            | Statement::ClassDeclaration(_)
            | Statement::TSTypeAliasDeclaration(_)
            | Statement::TSInterfaceDeclaration(_)
            | Statement::TSGlobalDeclaration(_)
            | Statement::TSExternalModuleDeclaration(_) => {}
            // Every other kind of statement may change anything: left to a runtime.
            other => self.beyond(other.span()),
        }
    }

    fn beyond(&mut self, span: Span) {
        let unknown = self.lines.excerpt(span);
        self.opaque.get_or_insert(unknown);
    }

    fn variables(&mut self, declaration: &VariableDeclaration<'_>) {
        for declarator in &declaration.declarations {
            let value = declarator.init.as_ref().map_or(Value::Undefined, |init| self.value(init));
            match &declarator.id {
                BindingPattern::BindingIdentifier(name) => {
                    self.names.insert(name.name.to_string(), value);
                }
                BindingPattern::ObjectPattern(pattern) if pattern.rest.is_none() => {
                    for property in &pattern.properties {
                        let (pattern, default) = match &property.value {
                            BindingPattern::AssignmentPattern(assigned) => (&assigned.left, Some(&assigned.right)),
                            pattern => (pattern, None),
                        };
                        let key = property.key.static_name();
                        let (Some(key), BindingPattern::BindingIdentifier(name)) = (key, pattern) else {
                            self.beyond(property.span);
                            continue;
                        };
                        let mut member = self.member(&value, &key, property.span);
                        if let (Value::Undefined, Some(default)) = (&member, default) {
                            member = self.value(default);
                        }
                        self.names.insert(name.name.to_string(), member);
                    }
                }
                _ => self.beyond(declarator.span),
            }
        }
    }

    /// An expression that stands alone, for what it does.
    fn effect(&mut self, expression: &Expression<'_>) {
        if let Expression::AssignmentExpression(assignment) = expression {
            let target =
                self.lines.text.get(assignment.left.span().start as usize..assignment.left.span().end as usize);
            let target = target.unwrap_or_default();
            let value = self.value(&assignment.right);
            let variable = target
                .strip_prefix("process.env.")
                .filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
            match (target, variable, assignment.operator, value) {
                ("module.exports" | "exports.default", _, AssignmentOperator::Assign, value) => {
                    self.exported = Some(value);
                }
                // The process's own variables win in evt's environment, so only a missing one can be set here.
                (_, Some(name), _, Value::Text(text)) if self.environment.filled(name).is_none() => {
                    self.environment.add(self.place.file, [(name.to_owned(), text)], true);
                }
                (_, Some(name), AssignmentOperator::LogicalNullish | AssignmentOperator::LogicalOr, _)
                    if self.environment.filled(name).is_some() => {}
                _ => self.beyond(assignment.span),
            }
            return;
        }
        if let Expression::CallExpression(call) = expression
            && let Expression::StaticMemberExpression(callee) = &call.callee
            && matches!(&callee.object, Expression::Identifier(name) if name.name == "console")
        {
            return;
        }
        if let unknown @ Value::Unknown { .. } = self.value(expression) {
            self.opaque.get_or_insert(unknown);
        }
    }

    fn value(&mut self, expression: &Expression<'_>) -> Value {
        if self.depth == DEEPEST {
            return self.lines.excerpt(expression.span());
        }
        self.depth += 1;
        let value = self.value_below(expression);
        self.depth -= 1;
        value
    }

    fn value_below(&mut self, expression: &Expression<'_>) -> Value {
        match expression {
            Expression::BooleanLiteral(literal) => Value::Boolean(literal.value),
            Expression::NullLiteral(_) => Value::Null,
            Expression::NumericLiteral(literal) => Value::Number(literal.value),
            Expression::StringLiteral(literal) => Value::Text(literal.value.to_string()),
            Expression::TemplateLiteral(template) => {
                let mut parts = Vec::new();
                for (i, quasi) in template.quasis.iter().enumerate() {
                    match &quasi.value.cooked {
                        Some(text) => parts.push(Value::Text(text.to_string())),
                        None => return self.lines.excerpt(template.span),
                    }
                    if let Some(expression) = template.expressions.get(i) {
                        parts.push(self.value(expression));
                    }
                }
                self.joined(parts, template.span)
            }
            Expression::Identifier(name) => self.name(name.name.as_str(), name.span),
            Expression::ArrayExpression(array) => {
                let mut list = Vec::new();
                for element in &array.elements {
                    match element {
                        ArrayExpressionElement::SpreadElement(spread) => match self.value(&spread.argument) {
                            Value::List(inner) => list.extend(inner),
                            _ => list.push(self.lines.excerpt(spread.span)),
                        },
                        ArrayExpressionElement::Elision(_) => list.push(Value::Undefined),
                        other => list
                            .push(other.as_expression().map_or(Value::Undefined, |expression| self.value(expression))),
                    }
                }
                Value::List(list)
            }
            Expression::ObjectExpression(object) => self.object(object),
            Expression::CallExpression(call) => self.call(call),
            Expression::ConditionalExpression(choice) => {
                let test = self.value(&choice.test);
                match truth(&test) {
                    Some(true) => self.value(&choice.consequent),
                    Some(false) => self.value(&choice.alternate),
                    None => test,
                }
            }
            Expression::LogicalExpression(logical) => {
                let left = self.value(&logical.left);
                let take_right = match logical.operator {
                    LogicalOperator::Or => truth(&left).map(|truth| !truth),
                    LogicalOperator::And => truth(&left),
                    LogicalOperator::Coalesce => truth(&left).map(|_| matches!(left, Value::Undefined | Value::Null)),
                };
                if take_right == Some(true) { self.value(&logical.right) } else { left }
            }
            Expression::BinaryExpression(binary) => {
                let (left, right) = (self.value(&binary.left), self.value(&binary.right));
                match binary.operator {
                    BinaryOperator::Addition if [&left, &right].iter().any(|v| matches!(v, Value::Text(_))) => {
                        self.joined(vec![left, right], binary.span)
                    }
                    BinaryOperator::StrictEquality | BinaryOperator::StrictInequality => {
                        let wanted = binary.operator == BinaryOperator::StrictEquality;
                        match (truth(&left), truth(&right)) {
                            (None, _) => left,
                            (_, None) => right,
                            _ => Value::Boolean((left == right) == wanted),
                        }
                    }
                    _ => self.lines.excerpt(binary.span),
                }
            }
            Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::LogicalNot => {
                let value = self.value(&unary.argument);
                truth(&value).map_or(value, |truth| Value::Boolean(!truth))
            }
            Expression::ParenthesizedExpression(inner) => self.value(&inner.expression),
            Expression::TSAsExpression(inner) => self.value(&inner.expression),
            Expression::TSSatisfiesExpression(inner) => self.value(&inner.expression),
            Expression::TSTypeAssertion(inner) => self.value(&inner.expression),
            Expression::TSNonNullExpression(inner) => self.value(&inner.expression),
            Expression::StaticMemberExpression(member) => {
                if matches!(member.object, Expression::ImportMeta(_)) {
                    return self.import_meta(member.property.name.as_str(), member.span);
                }
                let object = self.value(&member.object);
                self.member(&object, member.property.name.as_str(), member.span)
            }
            Expression::ComputedMemberExpression(member) => {
                let object = self.value(&member.object);
                match self.value(&member.expression) {
                    Value::Text(key) => self.member(&object, &key, member.span),
                    _ => self.lines.excerpt(member.span),
                }
            }
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::StaticMemberExpression(member) => match self.value(&member.object) {
                    Value::Undefined | Value::Null => Value::Undefined,
                    object => self.member(&object, member.property.name.as_str(), member.span),
                },
                _ => self.lines.excerpt(chain.span),
            },
            // Functions, classes, `new`, `await` and the like: left to a runtime.
            other => self.lines.excerpt(other.span()),
        }
    }

    fn name(&mut self, name: &str, span: Span) -> Value {
        if let Some(value) = self.names.get(name) {
            return value.clone();
        }
        let directory = self.place.file.parent().unwrap_or(self.place.file);
        match name {
            "undefined" => Value::Undefined,
            "process" => Value::Module("process"),
            "require" => Value::Function("", "require"),
            "encodeURIComponent" => Value::Function("", "encodeURIComponent"),
            "__dirname" => Value::Text(directory.display().to_string()),
            "__filename" => Value::Text(self.place.file.display().to_string()),
            _ => self.lines.excerpt(span),
        }
    }

    fn import_meta(&mut self, property: &str, span: Span) -> Value {
        let file = self.place.file;
        match property {
            "dirname" => Value::Text(file.parent().unwrap_or(file).display().to_string()),
            "filename" => Value::Text(file.display().to_string()),
            "url" => Value::Text(format!("file://{}", file.display())),
            _ => self.lines.excerpt(span),
        }
    }

    fn member(&mut self, object: &Value, key: &str, span: Span) -> Value {
        match object {
            Value::Module("process") if key == "env" => Value::Environment,
            Value::Module(module) if matches!(key, "default" | "posix") => Value::Module(module),
            Value::Module(module) => {
                let functions = FUNCTIONS.iter().find(|(m, _)| m == module).map_or(&[][..], |(_, list)| list);
                match functions.iter().find(|name| **name == key) {
                    Some(name) => Value::Function(module, name),
                    None => self.lines.excerpt(span),
                }
            }
            Value::Environment => match (self.environment.get(key), &self.foreign) {
                (Some(value), _) => Value::Text(value.to_owned()),
                (None, None) => Value::Undefined,
                (None, Some(foreign)) => foreign.clone(),
            },
            Value::Object(entries) => {
                entries.iter().rev().find(|(name, _)| name == key).map_or(Value::Undefined, |(_, value)| value.clone())
            }
            missing @ Value::MissingVariable { .. } => missing.clone(),
            _ => self.lines.excerpt(span),
        }
    }

    fn object(&mut self, object: &ObjectExpression<'_>) -> Value {
        let mut entries: Vec<(String, Value)> = Vec::new();
        for property in &object.properties {
            match property {
                ObjectPropertyKind::ObjectProperty(property) => {
                    let key = match &property.key {
                        PropertyKey::StaticIdentifier(name) => Some(name.name.to_string()),
                        key => key.static_name().map(std::borrow::Cow::into_owned),
                    };
                    let Some(key) = key else { return self.lines.excerpt(property.span) };
                    let value = self.value(&property.value);
                    entries.push((key, value));
                }
                ObjectPropertyKind::SpreadProperty(spread) => match self.value(&spread.argument) {
                    Value::Object(inner) => entries.extend(inner),
                    Value::Undefined | Value::Null | Value::Boolean(false) => {}
                    _ => return self.lines.excerpt(spread.span),
                },
            }
        }
        Value::Object(entries)
    }

    fn call(&mut self, call: &CallExpression<'_>) -> Value {
        let callee = self.value(&call.callee);
        let mut arguments = Vec::new();
        for argument in &call.arguments {
            match argument {
                Argument::SpreadElement(spread) => return self.lines.excerpt(spread.span),
                other => {
                    let value = other.as_expression().map_or(Value::Undefined, |expression| self.value(expression));
                    arguments.push(value);
                }
            }
        }
        if let Some(missing) = arguments.iter().find(|value| matches!(value, Value::MissingVariable { .. })) {
            return missing.clone();
        }
        match (callee, arguments.as_slice()) {
            (Value::Function("", "require"), [Value::Text(module)]) => self.module(module, call.span),
            (Value::Function("", "encodeURIComponent"), [Value::Text(text)]) => {
                Value::Text(utf8_percent_encode(text, COMPONENT).to_string())
            }
            (Value::Function("prisma/config" | "@prisma/config", "defineConfig"), [value]) => value.clone(),
            (Value::Function("prisma/config" | "@prisma/config", "env"), [Value::Text(name)]) => {
                match (self.environment.get(name), &self.foreign) {
                    (Some(value), _) if !value.is_empty() => Value::Text(value.to_owned()),
                    (_, Some(foreign)) => foreign.clone(),
                    (value, None) => Value::MissingVariable { name: name.clone(), empty: value.is_some() },
                }
            }
            (Value::Function("process", "cwd"), []) => Value::Text(self.place.cwd.display().to_string()),
            (Value::Function("process", "loadEnvFile"), arguments) => {
                let path = arguments.first().and_then(text).unwrap_or(".env").to_owned();
                self.load_env_file(&path, false);
                Value::Undefined
            }
            (Value::Function("dotenv", "config"), arguments) => self.dotenv_config(arguments.first(), call.span),
            (Value::Function("url", "fileURLToPath"), [Value::Text(url)]) => {
                Value::Text(url.strip_prefix("file://").unwrap_or(url).to_owned())
            }
            (Value::Function("path", function), arguments) => {
                let parts: Option<Vec<&str>> = arguments.iter().map(text).collect();
                match (function, parts) {
                    ("join", Some(parts)) => Value::Text(normalized(&parts.join("/"))),
                    ("resolve", Some(parts)) => {
                        let cwd = self.place.cwd.to_path_buf();
                        let path = parts.iter().fold(cwd, |path: PathBuf, part| path.join(part));
                        Value::Text(normalized(&path.display().to_string()))
                    }
                    ("dirname", Some(parts)) if parts.len() == 1 => {
                        let parent = Path::new(parts[0]).parent().map(|path| path.display().to_string());
                        Value::Text(parent.filter(|path| !path.is_empty()).unwrap_or_else(|| ".".to_owned()))
                    }
                    _ => self.lines.excerpt(call.span),
                }
            }
            _ => self.lines.excerpt(call.span),
        }
    }

    /// `dotenv.config({ path, override })`.
    fn dotenv_config(&mut self, options: Option<&Value>, span: Span) -> Value {
        let Some(options) = options else {
            self.load_env_file(".env", false);
            return Value::Undefined;
        };
        let Value::Object(_) = options else { return self.lines.excerpt(span) };
        let replace = match self.member(options, "override", span) {
            // Against variables of the process, `override` cannot be followed here.
            Value::Boolean(true) => return self.lines.excerpt(span),
            _ => false,
        };
        match self.member(options, "path", span) {
            Value::Undefined => self.load_env_file(".env", replace),
            Value::Text(path) => self.load_env_file(&path, replace),
            Value::List(paths) => {
                for path in &paths {
                    match text(path) {
                        Some(path) => self.load_env_file(path, replace),
                        None => return self.lines.excerpt(span),
                    }
                }
            }
            _ => return self.lines.excerpt(span),
        }
        Value::Undefined
    }

    /// Values as one text, as `+` and templates join them.
    fn joined(&mut self, parts: Vec<Value>, span: Span) -> Value {
        let mut out = String::new();
        for part in parts {
            match part {
                Value::Text(text) => out.push_str(&text),
                Value::Number(number) => out.push_str(&number.to_string()),
                Value::Boolean(truth) => out.push_str(if truth { "true" } else { "false" }),
                Value::Undefined => out.push_str("undefined"),
                Value::Null => out.push_str("null"),
                missing @ (Value::MissingVariable { .. } | Value::Unknown { .. }) => return missing,
                Value::List(_) | Value::Object(_) | Value::Module(_) | Value::Function(..) | Value::Environment => {
                    return self.lines.excerpt(span);
                }
            }
        }
        Value::Text(out)
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether a value counts as true; `None` if that cannot be told.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Undefined | Value::Null => Some(false),
        Value::Boolean(truth) => Some(*truth),
        Value::Number(number) => Some(*number != 0.0 && !number.is_nan()),
        Value::Text(text) => Some(!text.is_empty()),
        Value::List(_) | Value::Object(_) | Value::Module(_) | Value::Function(..) | Value::Environment => Some(true),
        Value::MissingVariable { .. } | Value::Unknown { .. } => None,
    }
}

/// A path without `.`, `..` and doubled slashes, as Node.js's `path.normalize`.
fn normalized(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let absolute = path.starts_with('/');
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

#[cfg(test)]
mod tests;
