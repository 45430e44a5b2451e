//! A file of records on its way into a topic: looked at, then written. What was asked for last counts, and nothing
//! else is begun while records are being written.

use drawbridge_shared::record::ImportReport;

/// Where an import stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Stage {
    /// No file.
    #[default]
    Nothing,
    /// It is being looked at.
    Looking,
    /// What is in it.
    Looked(ImportReport),
    /// So many records are being written.
    Writing(u64),
    /// What was written.
    Written(ImportReport),
    /// It ended otherwise: what happened, what to do.
    Failed(String, Option<String>),
}

/// The import with its turns: an answer counts only in the turn it was asked in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    turn: u64,
    stage: Stage,
}

impl Import {
    /// Where it stands.
    #[must_use]
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Whether records are being written: file and choices stay as they are until that ends.
    #[must_use]
    pub const fn is_writing(&self) -> bool {
        matches!(self.stage, Stage::Writing(_))
    }

    /// Whether an answer is still to come.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        matches!(self.stage, Stage::Looking | Stage::Writing(_))
    }

    /// Another file or another choice: forgets what was found, and begins a look if there is a file. The look's turn;
    /// none when there is no file, or while records are being written.
    pub fn look(&mut self, has_file: bool) -> Option<u64> {
        if self.is_writing() {
            return None;
        }
        self.begin(if has_file { Stage::Looking } else { Stage::Nothing });
        has_file.then_some(self.turn)
    }

    /// Begins to write what was found. Its turn; none unless a look has just ended.
    pub fn write(&mut self) -> Option<u64> {
        let Stage::Looked(found) = &self.stage else { return None };
        self.begin(Stage::Writing(found.records));
        Some(self.turn)
    }

    /// Takes an answer in, unless something else was begun since.
    pub fn end(&mut self, turn: u64, stage: Stage) {
        if self.turn == turn {
            self.stage = stage;
        }
    }

    fn begin(&mut self, stage: Stage) {
        self.turn += 1;
        self.stage = stage;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(records: u64) -> Stage {
        Stage::Looked(ImportReport { records, ..ImportReport::default() })
    }

    #[test]
    fn nothing_is_begun_while_records_are_being_written() {
        let mut import = Import::default();
        let look = import.look(true).unwrap();
        import.end(look, found(3));
        let write = import.write().unwrap();
        assert_eq!((import.look(true), import.look(false), import.write()), (None, None, None));
        assert_eq!(import.stage(), &Stage::Writing(3));
        import.end(write, Stage::Written(ImportReport::default()));
        assert_eq!(import.write(), None, "what was written is not offered again");
    }

    #[test]
    fn the_late_look_at_a_large_file_says_nothing_about_the_file_chosen_since() {
        let mut import = Import::default();
        let large = import.look(true).unwrap();
        let small = import.look(true).unwrap();
        import.end(small, found(2));
        import.end(large, found(9_000));
        assert_eq!(import.stage(), &found(2));
    }

    #[test]
    fn without_a_file_nothing_is_offered() {
        let mut import = Import::default();
        let look = import.look(true).unwrap();
        assert_eq!(import.look(false), None);
        import.end(look, found(2));
        assert_eq!(import.write(), None);
        assert_eq!(import.stage(), &Stage::Nothing);
    }
}
