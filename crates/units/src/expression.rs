use core::fmt;

use crate::math;

/// A formula over figure ids: numbers, ids, `+ - * / ^`, parentheses, and the functions `ceil`,
/// `floor`, `sqrt`, `ln`, `log2`, `exp`, `min`, `max`.
///
/// Ids are letters of any script, digits, `_`, `.` and `-` inside a word (`op.create.qps_avg`,
/// `store.link-1`); a minus sign therefore needs a space before it.
///
/// ```
/// use tenfold_units::Expression;
/// let formula = Expression::parse("write_qps * ratio / 2").unwrap();
/// assert_eq!(formula.inputs(), ["write_qps", "ratio"]);
/// let value = formula.evaluate(&mut |id| Some(if id == "ratio" { 100.0 } else { 4.0 }));
/// assert_eq!(value, Ok(200.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    root: Node,
    inputs: Vec<String>,
}

/// Why a formula cannot be read or computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError(String);

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for ExpressionError {}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Number(f64),
    Id(String),
    Binary(char, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Function {
    Ceil,
    Floor,
    Sqrt,
    Ln,
    Log2,
    Exp,
    Min,
    Max,
}

/// Parentheses may nest this deep.
const DEPTH_MAX: u32 = 64;

impl Expression {
    /// Returns the formula that `text` writes.
    ///
    /// # Errors
    /// Says where the text stops being a formula.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let mut parser = Parser { text, at: 0, inputs: Vec::new(), depth: 0 };
        let root = parser.sum()?;
        parser.skip_space();
        if parser.at < text.len() {
            return Err(parser.error("an operator"));
        }
        Ok(Self { root, inputs: parser.inputs })
    }

    /// Returns the ids that the formula reads, each once, in order of appearance.
    #[must_use]
    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// Returns the value of the formula with the ids looked up by `value_of`.
    ///
    /// # Errors
    /// Names the id that `value_of` does not know.
    pub fn evaluate(
        &self,
        value_of: &mut dyn FnMut(&str) -> Option<f64>,
    ) -> Result<f64, ExpressionError> {
        evaluate(&self.root, value_of)
    }
}

fn evaluate(
    node: &Node,
    value_of: &mut dyn FnMut(&str) -> Option<f64>,
) -> Result<f64, ExpressionError> {
    Ok(match node {
        Node::Number(value) => *value,
        Node::Id(id) => {
            value_of(id).ok_or_else(|| ExpressionError(format!("unknown figure `{id}`")))?
        }
        Node::Binary(operator, left, right) => {
            let (left, right) = (evaluate(left, value_of)?, evaluate(right, value_of)?);
            match operator {
                '+' => left + right,
                '-' => left - right,
                '*' => left * right,
                '/' => left / right,
                _ => math::powf(left, right),
            }
        }
        Node::Call(function, arguments) => {
            let mut values = Vec::with_capacity(arguments.len());
            for argument in arguments {
                values.push(evaluate(argument, value_of)?);
            }
            match function {
                // 3.0000000001 servers are 3: a product of decimals is off by a few ulps.
                Function::Ceil => (values[0] - values[0].abs() * 1e-12).ceil(),
                Function::Floor => (values[0] + values[0].abs() * 1e-12).floor(),
                Function::Sqrt => values[0].sqrt(),
                Function::Ln => math::ln(values[0]),
                Function::Log2 => math::log2(values[0]),
                Function::Exp => math::exp(values[0]),
                Function::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
                Function::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            }
        }
    })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    inputs: Vec<String>,
    depth: u32,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<Node, ExpressionError> {
        let mut left = self.product()?;
        while let Some(operator) = self.take(&['+', '-']) {
            let right = self.product()?;
            left = Node::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Node, ExpressionError> {
        let mut left = self.power()?;
        while let Some(operator) = self.take(&['*', '/']) {
            let right = self.power()?;
            left = Node::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn power(&mut self) -> Result<Node, ExpressionError> {
        let base = self.atom()?;
        if self.take(&['^']).is_some() {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err(self.error("fewer nested operators"));
            }
            let exponent = self.power()?;
            self.depth -= 1;
            return Ok(Node::Binary('^', Box::new(base), Box::new(exponent)));
        }
        Ok(base)
    }

    fn atom(&mut self) -> Result<Node, ExpressionError> {
        self.skip_space();
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else {
            return Err(self.error("a number or an id"));
        };
        if first == '(' {
            return self.parenthesized();
        }
        if first.is_ascii_digit() || first == '.' {
            return self.number(rest);
        }
        if !first.is_alphabetic() {
            return Err(self.error("a number or an id"));
        }
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-')))
            .unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        if self.text[self.at..].starts_with('(') {
            return self.call(word);
        }
        if !self.inputs.iter().any(|id| id == word) {
            self.inputs.push(word.to_owned());
        }
        Ok(Node::Id(word.to_owned()))
    }

    fn parenthesized(&mut self) -> Result<Node, ExpressionError> {
        self.at += 1;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error("fewer nested parentheses"));
        }
        let inner = self.sum()?;
        self.depth -= 1;
        self.take(&[')']).ok_or_else(|| self.error("`)`"))?;
        Ok(inner)
    }

    fn number(&mut self, rest: &str) -> Result<Node, ExpressionError> {
        let mut end = 0;
        let bytes = rest.as_bytes();
        while end < bytes.len() {
            let c = bytes[end];
            let exponent_sign = (c == b'-' || c == b'+') && end > 0 && bytes[end - 1] == b'e';
            if c.is_ascii_digit() || c == b'.' || c == b'e' || exponent_sign {
                end += 1;
            } else {
                break;
            }
        }
        let value = rest[..end].parse().map_err(|_| self.error("a number"))?;
        self.at += end;
        Ok(Node::Number(value))
    }

    fn call(&mut self, name: &str) -> Result<Node, ExpressionError> {
        let function = match name {
            "ceil" => Function::Ceil,
            "floor" => Function::Floor,
            "sqrt" => Function::Sqrt,
            "ln" => Function::Ln,
            "log2" => Function::Log2,
            "exp" => Function::Exp,
            "min" => Function::Min,
            "max" => Function::Max,
            _ => return Err(ExpressionError(format!("unknown function `{name}`"))),
        };
        self.at += 1;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error("fewer nested calls"));
        }
        let mut arguments = vec![self.sum()?];
        while self.take(&[',']).is_some() {
            arguments.push(self.sum()?);
        }
        self.depth -= 1;
        self.take(&[')']).ok_or_else(|| self.error("`)`"))?;
        let many = matches!(function, Function::Min | Function::Max);
        if !many && arguments.len() != 1 {
            return Err(ExpressionError(format!("`{name}` takes one argument")));
        }
        Ok(Node::Call(function, arguments))
    }

    fn take(&mut self, operators: &[char]) -> Option<char> {
        self.skip_space();
        let next = self.text[self.at..].chars().next()?;
        operators.contains(&next).then(|| {
            self.at += 1;
            next
        })
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn error(&self, expected: &str) -> ExpressionError {
        ExpressionError(format!(
            "expected {expected} at character {} of `{}`",
            self.at + 1,
            self.text
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<f64, ExpressionError> {
        Expression::parse(text)?.evaluate(&mut |id| match id {
            "a" => Some(2.0),
            "op.create.qps_avg" => Some(10.0),
            "x-y" => Some(7.0),
            "op.주문.qps_avg" => Some(3.0),
            _ => None,
        })
    }

    #[test]
    fn computes() {
        assert_eq!(value("1 + 2 * 3"), Ok(7.0));
        assert_eq!(value("(1 + a) * op.create.qps_avg / 5"), Ok(6.0));
        assert_eq!(value("op.주문.qps_avg * 2"), Ok(6.0));
        assert_eq!(value("62^6"), Ok(56_800_235_584.0));
        assert_eq!(value("2^3^2"), Ok(512.0));
        assert_eq!(value("10 - 4 - 3"), Ok(3.0));
        assert_eq!(value("ceil(x-y / 3) + max(1, a, 1.5e0)"), Ok(5.0));
        assert_eq!(value("ceil(0.1 * 3 / 0.1)"), Ok(3.0));
    }

    #[test]
    fn refuses_with_the_place() {
        assert!(value("1 +").unwrap_err().to_string().contains("character 4"));
        assert!(value("b").unwrap_err().to_string().contains("`b`"));
        assert!(value("foo(1)").unwrap_err().to_string().contains("`foo`"));
        assert!(value(&"(".repeat(1000)).is_err());
        assert!(value("1 2").is_err());
    }
}
