//! Light, dark, or as the system has it; remembered in this browser.

use leptos::prelude::*;

const KEY: &str = "drawbridge.theme";

/// What the user wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// As the operating system has it.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl ThemeChoice {
    /// The choice in words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The one after this, for a button that goes round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    fn stored(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    fn from_stored(text: &str) -> Self {
        match text {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }
}

/// The theme in force; kept in context.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    choice: RwSignal<ThemeChoice>,
}

impl Theme {
    /// Reads what was chosen before.
    #[must_use]
    pub fn start() -> Self {
        let stored = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
        let choice = stored.map(|text| ThemeChoice::from_stored(&text)).unwrap_or_default();
        Self { choice: RwSignal::new(choice) }
    }

    /// What is chosen.
    #[must_use]
    pub fn choice(self) -> Signal<ThemeChoice> {
        self.choice.into()
    }

    /// Chooses, shows and remembers a theme.
    pub fn choose(self, choice: ThemeChoice) {
        self.choice.set(choice);
        if let Some(root) = document().document_element() {
            match choice.stored() {
                Some(theme) => root.set_attribute("data-theme", theme).ok(),
                None => root.remove_attribute("data-theme").ok(),
            };
        }
        // Storage may be switched off; then the choice holds for this page only.
        if let Some(storage) = storage() {
            match choice.stored() {
                Some(theme) => storage.set_item(KEY, theme).ok(),
                None => storage.remove_item(KEY).ok(),
            };
        }
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_goes_through_all_themes_and_each_is_remembered() {
        let mut choice = ThemeChoice::System;
        for _ in 0..3 {
            choice = choice.next();
            assert_eq!(ThemeChoice::from_stored(choice.stored().unwrap_or("")), choice);
        }
        assert_eq!(choice, ThemeChoice::System);
    }
}
