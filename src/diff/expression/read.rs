//! From words to an expression, by the precedence of operators (PostgreSQL documentation, section 4.1.6).

use super::Expression;
use super::fold;
use super::words::Word;

/// Deeper expressions are not read, so that no text can exhaust the stack.
const MAX_DEPTH: u32 = 200;

/// Longer expressions are not read either: operands are copied on the way.
const MAX_WORDS: usize = 1_000;

/// Reads words from left to right.
pub(super) struct Reader<'a> {
    words: &'a [Word],
    depth: u32,
}

/// How tightly operators bind, from loose to tight.
mod binding {
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const IS: u8 = 4;
    pub(super) const COMPARISON: u8 = 5;
    pub(super) const LIKE: u8 = 6;
    pub(super) const OTHER: u8 = 7;
    pub(super) const SUM: u8 = 8;
    pub(super) const PRODUCT: u8 = 9;
    pub(super) const POWER: u8 = 10;
    pub(super) const ZONE: u8 = 11;
    pub(super) const SIGN: u8 = 13;
}

impl<'a> Reader<'a> {
    /// The expression that all the words make; `None` if they make none that is known here.
    pub(super) fn read(words: &'a [Word]) -> Option<Expression> {
        if words.len() > MAX_WORDS {
            return None;
        }
        let mut reader = Self { words, depth: 0 };
        let expression = reader.expression(0)?;
        reader.words.is_empty().then_some(expression)
    }

    fn symbol(&self) -> Option<&'a str> {
        match self.words.first()? {
            Word::Symbol(symbol) => Some(symbol),
            Word::Name { .. } | Word::Number(_) | Word::Text(_) => None,
        }
    }

    fn keyword(&self) -> Option<&'a str> {
        match self.words.first()? {
            Word::Name { name, quoted: false } => Some(name),
            Word::Name { .. } | Word::Symbol(_) | Word::Number(_) | Word::Text(_) => None,
        }
    }

    fn skip(&mut self) {
        self.words = self.words.get(1..).unwrap_or_default();
    }

    fn takes_symbol(&mut self, symbol: &str) -> bool {
        let found = self.symbol() == Some(symbol);
        if found {
            self.skip();
        }
        found
    }

    fn takes(&mut self, keywords: &[&str]) -> bool {
        let found = keywords.len() <= self.words.len()
            && keywords
                .iter()
                .zip(self.words)
                .all(|(keyword, word)| matches!(word, Word::Name { name, quoted: false } if name == keyword));
        if found {
            self.words = &self.words[keywords.len()..];
        }
        found
    }

    fn expression(&mut self, minimum: u8) -> Option<Expression> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut left = self.operand()?;
        while let Some(next) = self.operator(minimum, &left)? {
            left = next;
        }
        self.depth -= 1;
        Some(left)
    }

    /// What an operator behind `left` makes of it; `Some(None)` if none follows that binds tightly enough.
    #[expect(clippy::option_option, reason = "outer: readable at all; inner: anything follows")]
    fn operator(&mut self, minimum: u8, left: &Expression) -> Option<Option<Expression>> {
        let left = || left.clone();
        if let Some(symbol) = self.symbol() {
            let (binding, name) = match symbol {
                "<" | ">" | "=" | "<=" | ">=" | "<>" => (binding::COMPARISON, symbol),
                "!=" => (binding::COMPARISON, "<>"),
                "+" | "-" => (binding::SUM, symbol),
                "*" | "/" | "%" => (binding::PRODUCT, symbol),
                "^" => (binding::POWER, symbol),
                "::" | "[" | ")" | "]" | "," | "(" | "." => return Some(None),
                other => (binding::OTHER, other),
            };
            if binding <= minimum {
                return Some(None);
            }
            self.skip();
            if binding == binding::COMPARISON {
                for (quantifier, keywords) in [("any", ["any"]), ("any", ["some"]), ("all", ["all"])] {
                    if self.takes(&keywords) {
                        let operand = self.parenthesised()?;
                        return Some(Some(fold::quantified(name, quantifier, left(), operand)));
                    }
                }
            }
            let right = self.expression(binding)?;
            return Some(Some(fold::binary(name, left(), right)));
        }
        let Some(keyword) = self.keyword() else { return Some(None) };
        Some(match keyword {
            "or" if minimum < binding::OR => {
                self.skip();
                Some(fold::joined("or", left(), self.expression(binding::OR)?))
            }
            "and" if minimum < binding::AND => {
                self.skip();
                Some(fold::joined("and", left(), self.expression(binding::AND)?))
            }
            "is" if minimum < binding::IS => {
                self.skip();
                Some(self.is(left())?)
            }
            "isnull" if minimum < binding::IS => {
                self.skip();
                Some(Expression::Call("is null".to_owned(), vec![left()]))
            }
            "notnull" if minimum < binding::IS => {
                self.skip();
                Some(Expression::Call("is not null".to_owned(), vec![left()]))
            }
            "not" | "in" | "like" | "ilike" | "between" if minimum < binding::LIKE => Some(self.pattern(left())?),
            "at" if minimum < binding::ZONE && self.takes(&["at", "time", "zone"]) => {
                let zone = self.expression(binding::ZONE)?;
                Some(Expression::Call("timezone".to_owned(), vec![zone, left()]))
            }
            _ => None,
        })
    }

    fn is(&mut self, left: Expression) -> Option<Expression> {
        let not = if self.takes(&["not"]) { "not " } else { "" };
        if self.takes(&["distinct", "from"]) {
            let right = self.expression(binding::IS)?;
            return Some(Expression::Call(format!("is {not}distinct"), vec![left, right]));
        }
        let word = self.keyword().filter(|w| matches!(*w, "null" | "true" | "false" | "unknown"))?;
        self.skip();
        Some(Expression::Call(format!("is {not}{word}"), vec![left]))
    }

    fn pattern(&mut self, left: Expression) -> Option<Expression> {
        let not = self.takes(&["not"]);
        if self.takes(&["in"]) {
            if !self.takes_symbol("(") {
                return None;
            }
            let list = Expression::Array(self.list(")")?);
            let (operator, quantifier) = if not { ("<>", "all") } else { ("=", "any") };
            return Some(fold::quantified(operator, quantifier, left, list));
        }
        if self.takes(&["between"]) {
            let low = self.expression(binding::LIKE)?;
            if !self.takes(&["and"]) {
                return None;
            }
            let high = self.expression(binding::LIKE)?;
            let (first, second, joint) = if not { ("<", ">", "or") } else { (">=", "<=", "and") };
            return Some(fold::joined(joint, fold::binary(first, left.clone(), low), fold::binary(second, left, high)));
        }
        let operator = match (self.keyword()?, not) {
            ("like", false) => "~~",
            ("like", true) => "!~~",
            ("ilike", false) => "~~*",
            ("ilike", true) => "!~~*",
            _ => return None,
        };
        self.skip();
        let right = self.expression(binding::LIKE)?;
        Some(fold::binary(operator, left, right))
    }

    /// An operand with what is attached to it: casts and subscripts.
    fn operand(&mut self) -> Option<Expression> {
        let mut operand = self.bare_operand()?;
        loop {
            if self.takes_symbol("::") {
                let ty = self.type_name()?;
                operand = fold::cast(operand, &ty);
            } else if self.takes_symbol("[") {
                let mut parts = vec![operand];
                parts.extend(self.list("]")?);
                operand = Expression::Call("[]".to_owned(), parts);
            } else if self.takes(&["collate"]) {
                let name = self.path()?;
                operand = Expression::Call(format!("collate {name}"), vec![operand]);
            } else {
                return Some(operand);
            }
        }
    }

    fn bare_operand(&mut self) -> Option<Expression> {
        match self.words.first()? {
            Word::Number(digits) => {
                self.skip();
                Some(fold::number(digits))
            }
            Word::Text(text) => {
                self.skip();
                Some(Expression::Text(text.clone()))
            }
            Word::Symbol(symbol) => match symbol.as_str() {
                "(" => self.parenthesised(),
                "-" => {
                    self.skip();
                    Some(fold::negated(self.expression(binding::SIGN)?))
                }
                "+" => {
                    self.skip();
                    self.expression(binding::SIGN)
                }
                _ => None,
            },
            Word::Name { quoted: true, .. } => self.name(),
            Word::Name { name, quoted: false } => match name.as_str() {
                "null" => {
                    self.skip();
                    Some(Expression::Null)
                }
                "true" => {
                    self.skip();
                    Some(Expression::Boolean(true))
                }
                "false" => {
                    self.skip();
                    Some(Expression::Boolean(false))
                }
                "not" => {
                    self.skip();
                    Some(fold::not(self.expression(binding::NOT)?))
                }
                "case" => self.case(),
                "array" if matches!(self.words.get(1), Some(Word::Symbol(s)) if s == "[") => {
                    self.skip();
                    self.skip();
                    Some(Expression::Array(self.list("]")?))
                }
                "cast" if matches!(self.words.get(1), Some(Word::Symbol(s)) if s == "(") => {
                    self.skip();
                    self.skip();
                    let value = self.expression(0)?;
                    if !self.takes(&["as"]) {
                        return None;
                    }
                    let ty = self.type_name()?;
                    self.takes_symbol(")").then(|| fold::cast(value, &ty))
                }
                _ => self.name(),
            },
        }
    }

    fn parenthesised(&mut self) -> Option<Expression> {
        if !self.takes_symbol("(") {
            return None;
        }
        let inner = self.expression(0)?;
        self.takes_symbol(")").then_some(inner)
    }

    /// Expressions between commas, up to the closing bracket.
    fn list(&mut self, close: &str) -> Option<Vec<Expression>> {
        let mut list = Vec::new();
        if self.takes_symbol(close) {
            return Some(list);
        }
        loop {
            list.push(self.expression(0)?);
            if self.takes_symbol(close) {
                return Some(list);
            }
            if !self.takes_symbol(",") {
                return None;
            }
        }
    }

    fn case(&mut self) -> Option<Expression> {
        self.skip();
        let mut parts = Vec::new();
        if self.keyword() != Some("when") {
            parts.push(Expression::Call("of".to_owned(), vec![self.expression(0)?]));
        }
        while self.takes(&["when"]) {
            let condition = self.expression(0)?;
            if !self.takes(&["then"]) {
                return None;
            }
            parts.push(Expression::Call("when".to_owned(), vec![condition, self.expression(0)?]));
        }
        if self.takes(&["else"]) {
            parts.push(self.expression(0)?);
        }
        self.takes(&["end"]).then(|| Expression::Call("case".to_owned(), parts))
    }

    /// A column, a function, or a type in front of a string constant.
    fn name(&mut self) -> Option<Expression> {
        // `timestamp with time zone '…'`, `interval '…'`
        let before = self.words;
        if let Some(ty) = self.type_name()
            && let Some(Word::Text(text)) = self.words.first()
        {
            self.skip();
            return Some(fold::cast(Expression::Text(text.clone()), &ty));
        }
        self.words = before;
        let name = self.path()?;
        if self.takes_symbol("(") {
            return Some(fold::call(&name, self.list(")")?));
        }
        Some(fold::name(name))
    }

    /// Names joined by dots, without the namespaces that are searched anyway.
    fn path(&mut self) -> Option<String> {
        let mut parts: Vec<&str> = Vec::new();
        loop {
            let Word::Name { name, .. } = self.words.first()? else { return None };
            self.skip();
            parts.push(name);
            if !self.takes_symbol(".") {
                break;
            }
        }
        if parts.len() > 1 && matches!(parts.first(), Some(&("pg_catalog" | "public"))) {
            parts.remove(0);
        }
        Some(parts.join("."))
    }

    /// A type's name without arguments: `double precision`, `numeric(5,2)[]`.
    fn type_name(&mut self) -> Option<String> {
        let mut name = self.path()?;
        for second in [&["precision"][..], &["varying"], &["with", "time", "zone"], &["without", "time", "zone"]] {
            if self.takes(second) {
                name.push(' ');
                name.push_str(&second.join(" "));
            }
        }
        if self.symbol() == Some("(") {
            self.skip();
            self.list(")")?;
            for tail in [&["with", "time", "zone"][..], &["without", "time", "zone"]] {
                if self.takes(tail) {
                    name.push(' ');
                    name.push_str(&tail.join(" "));
                }
            }
        }
        while matches!(self.words, [Word::Symbol(open), Word::Symbol(close), ..] if open == "[" && close == "]") {
            self.skip();
            self.skip();
            name.push_str("[]");
        }
        Some(name)
    }
}
