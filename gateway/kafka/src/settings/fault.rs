//! A setting that cannot be used.

/// What is wrong with one key of a properties file, and what to write instead. Holds no value of a secret key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// The key.
    pub key: String,
    /// The file it came from.
    pub source: String,
    /// Its line, if it came from a text.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: String,
    /// What to write or check instead.
    pub remedy: String,
}

impl std::fmt::Display for SettingFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}", self.key, self.source)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}. {}", self.problem, self.remedy)
    }
}
