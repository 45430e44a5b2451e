//! Where the user is, typed, and how to go elsewhere.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use leptos_router::location::{BrowserUrl, LocationProvider};

use crate::routes::Route;

/// The current place, read from the URL; kept in context.
#[derive(Debug, Clone, Copy)]
pub struct Nav {
    route: Memo<Option<Route>>,
    target: RwSignal<Option<(String, bool)>>,
}

impl Nav {
    /// Reads the router's location; must be called inside the router.
    #[must_use]
    pub fn start() -> Self {
        let location = use_location();
        let route = Memo::new(move |_| {
            let search = location.search.read();
            location.pathname.with(|path| Route::parse(path, &search))
        });
        // The router puts a clicked link's URL into the address bar only when its own `Routes` say that
        // the page is there; this console has none, and its pages are there at once.
        if let Some(browser) = use_context::<BrowserUrl>() {
            Effect::new(move |_| {
                location.pathname.track();
                location.search.track();
                browser.ready_to_complete();
            });
        }
        let target = RwSignal::new(None::<(String, bool)>);
        let navigate = use_navigate();
        Effect::new(move |_| {
            if let Some((path, replace)) = target.get() {
                let options = NavigateOptions { replace, scroll: !replace, ..Default::default() };
                navigate(&path, options);
            }
        });
        Self { route, target }
    }

    /// The place the URL names; none when it names none.
    #[must_use]
    pub fn route(self) -> Memo<Option<Route>> {
        self.route
    }

    /// Goes to a place, as a click on a link would.
    pub fn go(self, route: &Route) {
        self.target.set(Some((route.path(), false)));
    }

    /// Changes the URL without a new entry in the history: for filters and tabs while typing.
    pub fn replace(self, route: &Route) {
        self.target.set(Some((route.path(), true)));
    }
}
