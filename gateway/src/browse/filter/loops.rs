//! What the macros of an expression may do. The language has no budget of its own: loops inside loops take longer than
//! anybody waits, and what a `map` doubles a few dozen times fills any memory.

use cel::{
    IdedExpr,
    common::ast::{ComprehensionExpr, EntryExpr, Expr, operators},
};

/// Macros that go over lists, in an expression at most.
const MOST_LOOPS: usize = 8;
/// Of them inside each other at most.
const MOST_INSIDE: usize = 2;
/// Places that copy a part of a record at most: `+`, and what is put into a list or a map.
const MOST_COPIES: usize = 40;

/// Says which macro does too much, and what to do about it. To be called with [`super::bounds::STACK`].
///
/// # Errors
/// The expression may take any time or memory.
pub(super) fn check(expression: &IdedExpr) -> Result<Loops, String> {
    let mut loops = Loops::default();
    loops.walk(expression, Around { inside: 0, made_of: None })?;
    Ok(loops)
}

/// What was found of an expression.
#[derive(Debug, Default)]
pub(super) struct Loops {
    n_loops: usize,
    deepest: usize,
    copies: usize,
}

/// What is around a part of an expression.
#[derive(Clone, Copy)]
struct Around<'e> {
    inside: usize,
    /// In what a `map` makes, the variables it may be made of.
    made_of: Option<&'e Names<'e>>,
}

/// Variables of loops, the innermost first.
struct Names<'e> {
    name: &'e str,
    outer: Option<&'e Self>,
}

impl Names<'_> {
    fn has(&self, wanted: &str) -> bool {
        self.name == wanted || self.outer.is_some_and(|outer| outer.has(wanted))
    }
}

impl Loops {
    /// Whether a loop is inside another one.
    pub(super) fn are_nested(&self) -> bool {
        self.deepest > 1
    }

    fn walk(&mut self, part: &IdedExpr, around: Around<'_>) -> Result<(), String> {
        match &part.expr {
            Expr::Unspecified | Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => match around.made_of {
                Some(names) if !name.starts_with('@') && !names.has(name) => Err(format!(
                    "what a map makes may only be made of its own variable, and not of '{name}'; use exists, all or \
                     filter"
                )),
                _ => Ok(()),
            },
            Expr::Select(select) => self.walk(&select.operand, around),
            Expr::Call(call) => {
                // What a macro adds to its own result grows with its list alone.
                let is_own = matches!(call.args.first().map(|first| &first.expr), Some(Expr::Ident(name)) if name.starts_with('@'));
                if call.func_name == operators::ADD && !is_own {
                    self.copy(1, around)?;
                }
                let mut parts = call.target.as_deref().into_iter().chain(&call.args);
                parts.try_for_each(|part| self.walk(part, around))
            }
            Expr::List(list) => self.put(list.elements.iter(), around),
            Expr::Map(map) => {
                self.put(map.entries.iter().flat_map(|entry| parts(&entry.expr)), around)
            }
            Expr::Struct(made) => {
                self.put(made.entries.iter().flat_map(|entry| parts(&entry.expr)), around)
            }
            Expr::Comprehension(a_loop) => self.go(a_loop, around),
        }
    }

    /// What is put into a list, a map or a structure.
    fn put<'e>(
        &mut self,
        parts: impl Iterator<Item = &'e IdedExpr>,
        around: Around<'_>,
    ) -> Result<(), String> {
        let mut copies = 0;
        for part in parts {
            copies += usize::from(!matches!(part.expr, Expr::Literal(_)));
            self.walk(part, around)?;
        }
        if copies > 0 || around.made_of.is_some() { self.copy(copies, around) } else { Ok(()) }
    }

    fn copy(&mut self, n: usize, around: Around<'_>) -> Result<(), String> {
        if around.made_of.is_some() {
            return Err("what a map makes may hold no '+', no list and no other map or filter; use exists, all or \
                        filter"
                .to_owned());
        }
        self.copies += n;
        if self.copies > MOST_COPIES {
            return Err(format!(
                "it puts together {} parts, and {MOST_COPIES} are the most; search in several steps",
                self.copies
            ));
        }
        Ok(())
    }

    fn go(&mut self, a_loop: &ComprehensionExpr, around: Around<'_>) -> Result<(), String> {
        self.n_loops += 1;
        let inside = around.inside + 1;
        self.deepest = self.deepest.max(inside);
        for (found, most, what) in [
            (self.n_loops, MOST_LOOPS, "macros over lists"),
            (inside, MOST_INSIDE, "macros over lists inside each other"),
        ] {
            if found > most {
                return Err(format!(
                    "it has {found} {what}, and {most} are the most; search in several steps"
                ));
            }
        }
        self.walk(&a_loop.iter_range, around)?;
        if around.made_of.is_some() && matches!(a_loop.accu_init.expr, Expr::List(_)) {
            return self.copy(1, around);
        }
        let names = Names { name: &a_loop.iter_var, outer: around.made_of };
        let made_of = around.made_of.map(|_| &names);
        let within = Around { inside, made_of };
        self.walk(&a_loop.loop_cond, within)?;
        self.step(&a_loop.loop_step, &names, within)?;
        self.walk(&a_loop.result, within)
    }

    /// One turn of a loop. What is added to the loop's own list is what a `map` makes.
    fn step(
        &mut self,
        step: &IdedExpr,
        names: &Names<'_>,
        within: Around<'_>,
    ) -> Result<(), String> {
        let Expr::Call(call) = &step.expr else { return self.walk(step, within) };
        match (&*call.func_name, &*call.args) {
            (operators::CONDITIONAL, [condition, then, otherwise]) => {
                self.walk(condition, within)?;
                self.step(then, names, within)?;
                self.walk(otherwise, within)
            }
            (
                operators::ADD,
                [IdedExpr { expr: Expr::Ident(own), .. }, IdedExpr { expr: Expr::List(list), .. }],
            ) if own.starts_with('@') => {
                let made = Around { made_of: Some(names), ..within };
                list.elements.iter().try_for_each(|part| self.walk(part, made))
            }
            _ => self.walk(step, within),
        }
    }
}

fn parts(entry: &EntryExpr) -> impl Iterator<Item = &IdedExpr> {
    let (key, value) = match entry {
        EntryExpr::StructField(field) => (None, &field.value),
        EntryExpr::MapEntry(entry) => (Some(&entry.key), &entry.value),
    };
    key.into_iter().chain([value])
}

#[cfg(test)]
mod tests {
    use cel::Program;

    use super::*;

    fn checked(text: &str) -> Result<Loops, String> {
        check(Program::compile(text).unwrap().expression())
    }

    #[test]
    fn what_is_asked_of_records_is_let_through() {
        for text in [
            "value.items.exists(i, i.sku == 'a' && i.n + 1 > 2)",
            "value.orders.exists(o, o.lines.all(l, l.sku in ['a', 'b']))",
            "value.items.map(i, i.price * i.n).exists(p, p > 100)",
            "value.items.filter(i, i.n > 1).map(i, i.sku) == ['a', 'b']",
            "value.items.map(i, i.n > 1, i.tags.exists(t, t == 'x')).all(x, x)",
            "value.a.exists_one(x, x == value.b) && has(value.c) && key + 'x' == string(offset)",
            "value.orders.exists(o, o.lines.map(l, l.n).exists(n, n > 1))",
        ] {
            assert!(checked(text).is_ok(), "{text}: {:?}", checked(text));
        }
    }

    #[test]
    fn what_may_take_any_time_or_memory_is_refused_with_what_to_do() {
        let refused = |text: &str| checked(text).map(|_| text.to_owned()).unwrap_err();
        let many = |n, part: &str| part.repeat(n);
        let doubling = format!("['aaaaaaaa']{}.size() > 0", many(8, ".map(x, x + x)"));
        assert!(refused(&doubling).contains("no '+'"), "{}", refused(&doubling));
        let deep = format!("{}true{}", many(20, "[0, 1, 2].all(a, "), many(20, ")"));
        assert!(refused(&deep).contains("3 macros over lists inside each other, and 2"));
        let wide = ["[1].exists(x, x == 1)"; 9].join(" && ");
        assert!(refused(&wide).contains("9 macros over lists, and 8"));
        let sums = ["value"; 42].join(" + ");
        assert!(refused(&sums).contains("41 parts"));
        let lists = format!("[{}] == []", ["value"; 41].join(", "));
        assert!(refused(&lists).contains("41 parts"));
        for text in [
            "value.a.map(x, [x, x]).size() > 0",
            "value.a.map(x, {'a': x}).size() > 0",
            "value.a.map(x, value.b.filter(y, true)).size() > 0",
            "value.a.map(x, x.b.map(y, y)).size() > 0",
            "value.a.map(x, x.n > 1, x.n + x.n).size() > 0",
        ] {
            assert!(refused(text).contains("use exists, all or filter"), "{}", refused(text));
        }
        let copied = refused("value.a.map(x, value).size() > 0");
        assert!(copied.contains("not of 'value'"), "{copied}");
    }
}
