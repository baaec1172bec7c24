//! What is wrong with a value that `fleet` did not take, in words.

use fleet::{Invalid, Problem};

use crate::params::FieldError;

/// What is wrong with a field; `prefix` is the name of the object that it stands in, with a dot.
pub fn field_error(prefix: &str, invalid: Invalid) -> FieldError {
    FieldError::new(format!("{prefix}{}", invalid.field.name()), problem_text(invalid.problem))
}

/// What is wrong, as the end of a sentence that begins with the name of a parameter.
pub fn problem_text(problem: Problem) -> String {
    match problem {
        Problem::Blank => "must not be blank".to_owned(),
        Problem::TooShort { chars_min } => format!("must have at least {chars_min} characters"),
        Problem::TooLong { chars_max } => format!("must have at most {chars_max} characters"),
        Problem::Character => "has a character that is not allowed".to_owned(),
        Problem::Form => "has a wrong format".to_owned(),
        Problem::Unknown => "has an unknown value".to_owned(),
        Problem::Fixed => "cannot be changed".to_owned(),
        Problem::Simple => "must have upper-case and lower-case letters, digits and one of !@#$%^&*".to_owned(),
        Problem::Reused => "Password was recently used".to_owned(),
        Problem::OutOfRange { min, max } => format!("must be from {min} to {max}"),
        Problem::TooFew { count_min } => format!("must have at least {count_min} elements"),
        Problem::TooMany { count_max } => format!("must have at most {count_max} elements"),
        Problem::Repeated => "has an element twice".to_owned(),
        Problem::Dangling => "refers to something that does not exist".to_owned(),
    }
}
