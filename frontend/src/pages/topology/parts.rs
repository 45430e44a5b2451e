//! What is drawn: sites with their clusters and firewalls, links with their cards.

use leptos::prelude::*;

use super::{World, role_class};
use crate::model::cluster::ClusterHealth;
use crate::model::number::UNKNOWN;
use crate::model::topology::layout::{Line, Rect, Site};
use crate::model::topology::{Edge, Node, health_words, size_words};
use crate::pages::clusters::role;
use crate::routes::Route;
use crate::ui::{Shape, Sparkline, StateRole};

/// The ground of a site, with its place, its firewall and the ways through it.
pub(super) fn ground(world: World, at: usize, node: &Node, site: &Site, dense: bool) -> AnyView {
    let words = world.graph.with_untracked(|graph| graph.firewall_words(at));
    let half = if dense { 4 } else { 9 };
    let passage = |wall: Rect, y: &i32| {
        let gap = Rect { x: wall.x - 1, y: y - half, w: wall.w + 2, h: 2 * half };
        view! { <i class="passage" style=gap.css()></i> }
    };
    let wall = site.wall.map(|wall| {
        let passages = site.passages.iter().map(|y| passage(wall, y)).collect_view();
        view! {
            <i class="wall" style=wall.css()></i>
            {passages}
        }
    });
    let foot =
        (!words.is_empty()).then(|| view! { <span class="site-foot">"firewall: " {words}</span> });
    view! {
        <div class="site" class:site--unknown=node.cluster.is_none() style=site.region.css()>
            <span class="site-place" title=node.place.clone()>{node.place.clone()}</span>
            {foot}
        </div>
        {wall}
    }
    .into_any()
}

/// A cluster.
pub(super) fn node(world: World, at: usize, node: Node, place: Rect, is_narrow: bool) -> AnyView {
    let Some(name) = node.cluster.clone() else {
        let said = "Not a cluster of this gateway: add it to see how it is";
        return view! {
            <a class="node node--unknown" data-hot=at style=place.css() href=Route::ClusterNew.path() title=said>
                <b class="mono">{node.title}</b>
                <span class="muted">"unknown cluster"</span>
            </a>
        }
        .into_any();
    };
    let (href, title) = (Route::of_cluster(name.clone()).path(), node.title);
    let view_of = Memo::new(move |_| world.clusters.get(&name));
    let health = Signal::derive(move || {
        let view = view_of.read();
        view.as_ref().map_or(StateRole::Unknown, |view| role(ClusterHealth::of(view)))
    });
    let words = Memo::new(move |_| {
        let view = view_of.read();
        let words = |view| match is_narrow {
            true => ClusterHealth::of(view).words(),
            false => health_words(view, world.now.get()),
        };
        view.as_ref().map_or(UNKNOWN.to_owned(), words)
    });
    let size = Memo::new(move |_| view_of.read().as_ref().map(size_words));
    view! {
        <a class="node" data-hot=at style=place.css() href=href title=title.clone()>
            <b>{title.clone()}</b>
            <span class="muted node-size">{size}</span>
            <span class=move || role_class("node-health num", health.get())>
                <Shape role=health />
                <span>{words}</span>
            </span>
        </a>
    }
    .into_any()
}

/// A link's line, from the cluster that data comes from to the one it goes to.
pub(super) fn line(world: World, edge: &Edge, line: Line, socket: &'static str) -> AnyView {
    let facts = world.facts(edge.key.clone());
    let is_hot = world.is_hot(edge);
    let is_worst = worst(world, edge.key.clone());
    let class = move || {
        let facts = facts.read();
        let flows = if facts.flows { " line--flows" } else { "" };
        let hot = if is_hot.get() { " line--hot" } else { "" };
        let worst = if is_worst.get() { " line--worst" } else { "" };
        role_class("line", facts.role) + flows + hot + worst
    };
    let (x, y) = line.socket;
    let page = Route::of_link(edge.cluster.clone(), edge.link.clone());
    let (key, d) = (edge.key.clone(), line.path);
    view! {
        <g
            class=class data-hot=key on:click=move |_| world.nav.go(&page)>
            <path class="line-halo" d=d.clone()></path>
            <path class="line-stroke" d=d></path>
            <path class="line-arrow" d=line.arrow></path>
            <g class="line-socket" transform=format!("translate({x} {y}) scale({socket})")>
                <circle r="8"></circle>
                <path d="M-3-2v4M3-2v4M-3 0h6"></path>
            </g>
        </g>
    }
    .into_any()
}

/// What is written about a link, in the middle of its line; a link to its page.
pub(super) fn card(world: World, edge: Edge, place: Rect, dense: bool) -> AnyView {
    let facts = world.facts(edge.key.clone());
    let is_hot = world.is_hot(&edge);
    let is_worst = worst(world, edge.key.clone());
    let href = Route::of_link(edge.cluster.clone(), edge.link.clone()).path();
    let (name, curve) = (edge.link.to_string(), world.trends.curve(edge.key.clone()));
    let key = edge.key.clone();
    let said = Memo::new(move |_| facts.read().said(&world.graph.read(), &edge));
    let lag = move || facts.read().lag.clone();
    let detail = (!dense).then(|| {
        view! {
            <span class="card-lag num">{lag}</span>
            <span class="card-rate num">
                {move || {
                    let facts = facts.read();
                    let rate = if facts.flows { format!("{} · ", facts.rate) } else { String::new() };
                    rate + &facts.mirrors
                }}
            </span>
            <Sparkline points=curve label="Throughput" />
        }
    });
    let class = move || {
        let hot = if is_hot.get() { " card--hot" } else { "" };
        let worst = if is_worst.get() { " card--worst" } else { "" };
        role_class(if dense { "card card--line" } else { "card" }, facts.read().role) + hot + worst
    };
    // Of one line only: the word of a state that is as it should be goes without saying.
    let word = move || {
        let facts = facts.read();
        (!dense || facts.role != StateRole::Ok).then(|| facts.word.clone())
    };
    view! {
        <a
            class=class
            style=place.css()
            href=href
            title=move || facts.read().fault.clone().unwrap_or_else(|| said.get())
            data-hot=key
        >
            <Shape role=Signal::derive(move || facts.read().role) />
            <b class="card-name">{name}</b>
            <span class="card-word">{word}</span>
            {dense.then(|| view! { <span class="card-lag num">{lag}</span> })}
            {detail}
        </a>
    }
    .into_any()
}

fn worst(world: World, key: String) -> Memo<bool> {
    Memo::new(move |_| world.worst.read().as_ref() == Some(&key))
}
