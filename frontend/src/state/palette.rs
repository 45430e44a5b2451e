//! What the command palette can offer: pages, objects and actions, given by whoever knows them.

use std::sync::Arc;

use leptos::prelude::*;

use crate::routes::Route;

/// Where an offer is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaletteGroup {
    /// Places of the console.
    Pages,
    /// Clusters.
    Clusters,
    /// Links.
    Links,
    /// Topics.
    Topics,
    /// Things to do.
    Actions,
}

impl PaletteGroup {
    /// The group's heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Pages => "Pages",
            Self::Clusters => "Clusters",
            Self::Links => "Links",
            Self::Topics => "Topics",
            Self::Actions => "Actions",
        }
    }
}

/// One line of the palette.
#[derive(Debug, Clone)]
pub struct PaletteItem {
    /// Where it is listed.
    pub group: PaletteGroup,
    /// What is searched and shown.
    pub label: String,
    /// Shown behind the label, e.g. the cluster a topic is on.
    pub hint: String,
    /// What choosing it does.
    pub target: PaletteTarget,
}

/// What choosing an offer does.
#[derive(Debug, Clone)]
pub enum PaletteTarget {
    /// Goes to a place.
    Go(Route),
    /// Runs something.
    Run(Callback<()>),
}

type Offer = Arc<dyn Fn() -> Vec<PaletteItem> + Send + Sync>;

/// The palette's offers and whether it is open; kept in context.
#[derive(Clone, Copy)]
pub struct Palette {
    offers: RwSignal<Vec<(u64, Offer)>>,
    next: StoredValue<u64>,
    open: RwSignal<bool>,
}

impl Palette {
    /// An empty, closed palette.
    #[must_use]
    pub fn new() -> Self {
        Self {
            offers: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            open: RwSignal::new(false),
        }
    }

    /// Offers items until the current owner goes. Called each time the palette opens, so it may
    /// read signals at leisure.
    pub fn offer(self, items: impl Fn() -> Vec<PaletteItem> + Send + Sync + 'static) {
        let id = self.next.with_value(|id| id + 1);
        self.next.set_value(id);
        self.offers.update(|offers| offers.push((id, Arc::new(items))));
        on_cleanup(move || {
            self.offers.try_update(|offers| offers.retain(|(other, _)| *other != id));
        });
    }

    /// Everything offered now.
    #[must_use]
    pub fn items(self) -> Vec<PaletteItem> {
        let offers = self.offers.get();
        offers.iter().flat_map(|(_, items)| items()).collect()
    }

    /// Whether the palette is open.
    #[must_use]
    pub fn open(self) -> RwSignal<bool> {
        self.open
    }
}

impl Default for Palette {
    fn default() -> Self {
        Self::new()
    }
}
