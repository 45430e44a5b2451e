//! A mirror's records beside their source's: is it the same?

use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::{ClusterName, TopicName};
use drawbridge_shared::view::{
    CompareBytes, CompareCell, CompareRecord, CompareRow, CompareSide, CompareView,
};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::link::Subject;
use super::topic::ask::Refusal;
use super::topic::gate::ClusterDown;
use crate::model::number::{UNKNOWN, signed};
use crate::model::{compare as model, time};
use crate::routes::{CompareQuery, MessagesQuery, Route};
use crate::socket::{RequestError, Socket};
use crate::state::Nav;
use crate::ui::{Badge, Button, CopyButton, Fact, PageHead, Show, Skeleton, StateRole};

/// What the page is about.
#[derive(Clone, Copy)]
struct Pair {
    link: Subject,
    topic: StoredValue<TopicName>,
    query: Memo<CompareQuery>,
    nav: Nav,
    view: RwSignal<Option<CompareView>>,
    error: RwSignal<Option<RequestError>>,
    busy: RwSignal<bool>,
    again: RwSignal<u32>,
}

impl Pair {
    fn go(self, partition: i32, offset: Option<i64>) {
        let offset = offset.map(|offset| offset.to_string()).unwrap_or_default();
        let query = CompareQuery { partition, offset };
        let (cluster, link) = (self.link.cluster.name(), self.link.link());
        self.nav.replace(&Route::Compare { cluster, link, topic: self.topic.get_value(), query });
    }

    fn side(self, read: fn(&CompareView) -> &CompareSide) -> Option<CompareSide> {
        self.view.with(|view| view.as_ref().map(|view| read(view).clone()))
    }

    /// Asks for what the URL names.
    fn ask(self, socket: Socket) {
        self.again.track();
        let CompareQuery { partition, offset } = self.query.get();
        let request = Request::CompareRecords {
            cluster: self.link.cluster.name(),
            link: self.link.link(),
            topic: self.topic.get_value(),
            partition,
            from: offset.trim().parse().ok(),
            count: model::OFFSETS,
        };
        self.busy.set(true);
        spawn_local(async move {
            let answer = socket.request(request).await;
            // Something else may have been asked for meanwhile.
            let now = self.query.try_get_untracked();
            if now != Some(CompareQuery { partition, offset }) {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(Response::Compared(view)) => {
                    self.error.set(None);
                    self.view.set(Some(*view));
                }
                Ok(_) => {}
                Err(error) => {
                    self.view.set(None);
                    self.error.set(Some(error));
                }
            }
        });
    }
}

/// The page.
#[component]
pub fn ComparePage(
    /// The cluster.
    cluster: ClusterName,
    /// The link.
    link: LinkName,
    /// The mirror topic.
    topic: TopicName,
) -> impl IntoView {
    let nav = expect_context::<Nav>();
    let socket = expect_context::<Socket>();
    let query = Memo::new(move |_| match &*nav.route().read() {
        Some(Route::Compare { query, .. }) => query.clone(),
        _ => CompareQuery::default(),
    });
    let pair = Pair {
        link: Subject::start(cluster, link),
        topic: StoredValue::new(topic.clone()),
        query,
        nav,
        view: RwSignal::new(None),
        error: RwSignal::new(None),
        busy: RwSignal::new(false),
        again: RwSignal::new(0),
    };
    Effect::new(move |_| pair.ask(socket));
    let retry = Callback::new(move |()| pair.again.update(|n| *n += 1));
    let is_loading = move || pair.view.read().is_none() && pair.error.read().is_none();
    view! {
        <PageHead
            title=format!("Compare {topic} with its source")
            facts=move || view! { <Facts pair /> }
        />
        <ClusterDown cluster=pair.link.cluster />
        <Toolbar pair />
        <Refusal error=pair.error retry />
        <Show when=is_loading>
            <Skeleton label="Reading both sides" />
        </Show>
        <Show when=move || pair.view.read().is_some()>
            <Lines pair />
        </Show>
    }
}

#[component]
fn Facts(pair: Pair) -> impl IntoView {
    let mirror = {
        let (cluster, link) = (pair.link.cluster.name(), pair.link.link());
        Route::Mirror { cluster, link, topic: pair.topic.get_value() }.path()
    };
    let extent = move |read: fn(&CompareView) -> &CompareSide| {
        let side = pair.side(read);
        side.map_or_else(
            || UNKNOWN.to_owned(),
            |side| format!("{} – {}", signed(side.log_start), signed(side.end)),
        )
    };
    view! {
        <p class="way">
            <a href=mirror>"the mirror"</a> " · " <a href=pair.link.page().path()>{pair.link.link().to_string()}</a>
        </p>
        <Fact name="Source's offsets" hint="First offset that is kept, and the one after the last">
            {move || extent(|view| &view.source)}
        </Fact>
        <Fact name="Mirror's offsets" hint="First offset that is kept, and the one after the last">
            {move || extent(|view| &view.mirror)}
        </Fact>
    }
}

#[component]
fn Toolbar(pair: Pair) -> impl IntoView {
    let partitions = Memo::new(move |_| {
        let known = pair.side(|view| &view.mirror).map_or(0, |side| side.partitions);
        known.max(pair.query.read().partition.saturating_add(1)).max(1)
    });
    let options = move || {
        let option = |number: i32| {
            let is_chosen = move || pair.query.with(|query| query.partition == number);
            view! { <option value=number.to_string() selected=is_chosen>{format!("Partition {number}")}</option> }
        };
        (0..partitions.get()).map(option).collect_view()
    };
    let typed = RwSignal::new(String::new());
    Effect::new(move |_| typed.set(pair.query.read().offset.clone()));
    let show = move || {
        let offset = typed.read_untracked().trim().parse::<i64>().ok();
        let partition = pair.query.read_untracked().partition;
        if pair.query.read_untracked().offset == offset.map(|at| at.to_string()).unwrap_or_default()
        {
            pair.again.update(|n| *n += 1);
        } else {
            pair.go(partition, offset.map(|offset| offset.max(0)));
        }
    };
    let turn = move |by: fn(&CompareView) -> i64| {
        let at = pair.view.with_untracked(|view| view.as_ref().map(by));
        if let Some(at) = at {
            pair.go(pair.query.read_untracked().partition, Some(at.max(0)));
        }
    };
    let why_no_earlier = Signal::derive(move || {
        let start = pair.view.with(|view| {
            view.as_ref().is_none_or(|view| {
                view.from <= view.source.log_start.min(view.mirror.log_start).max(0)
            })
        });
        start.then(|| "This is where the older of both begins".to_owned())
    });
    let why_no_later = Signal::derive(move || {
        let is_end =
            pair.view.with(|view| view.as_ref().is_none_or(|view| view.next >= model::end(view)));
        is_end.then(|| "This is the end of both".to_owned())
    });
    let is_wrong = move || {
        let typed = typed.read();
        !typed.trim().is_empty() && typed.trim().parse::<i64>().is_err()
    };
    view! {
        <form
            class="toolbar compare-toolbar"
            role="search"
            on:submit=move |event| {
                event.prevent_default();
                show();
            }
        >
            <select
                class="input"
                aria-label="Partition"
                on:change=move |event| {
                    if let Ok(partition) = event_target_value(&event).parse() {
                        pair.go(partition, None);
                    }
                }
            >
                {options}
            </select>
            <input
                class="input"
                aria-label="From offset"
                inputmode="numeric"
                placeholder="newest"
                aria-invalid=move || is_wrong().then_some("true")
                prop:value=move || typed.get()
                on:input=move |event| typed.set(event_target_value(&event))
            />
            <Button on_click=move |()| show() busy=pair.busy>"Show"</Button>
            <span class="compare-turn">
                <Button
                    why_not=why_no_earlier
                    on_click=move |()| turn(|view| view.from - i64::from(model::OFFSETS))
                >
                    "← Earlier"
                </Button>
                <Button why_not=why_no_later on_click=move |()| turn(|view| view.next)>"Later →"</Button>
                <Button on_click=move |()| {
                    typed.set(String::new());
                    show();
                }>"Newest"</Button>
            </span>
        </form>
    }
}

#[component]
fn Lines(pair: Pair) -> impl IntoView {
    let said = Memo::new(move |_| {
        pair.view.with(|view| view.as_ref().map(model::summary)).unwrap_or_default()
    });
    let name = move |read: fn(&CompareView) -> &CompareSide, cluster: Option<ClusterName>| {
        let topic = pair.side(read).map(|side| side.topic).unwrap_or_default();
        match cluster {
            Some(cluster) => format!("{topic} on {cluster}"),
            None => topic,
        }
    };
    let remote = move || pair.link.row(|row| row.remote.cluster.clone()).flatten();
    let rows = move || {
        let view = pair.view.get()?;
        let rows = view.rows.iter().cloned();
        let source = remote().zip(view.source.topic.parse::<TopicName>().ok());
        Some(rows.map(|row| line(pair, source.clone(), row)).collect_view())
    };
    view! {
        <p role="status" class="num compare-said">
            <Badge
                plain=true
                role=Signal::derive(move || said.get().0)
                text=Signal::derive(move || said.get().1)
            />
        </p>
        <table class="table table--auto compare">
            <caption class="visually-hidden">"Source and mirror by offset"</caption>
            <thead>
                <tr>
                    <th scope="col">"Offset"</th>
                    <th scope="col">"Source: " {move || name(|view| &view.source, remote())}</th>
                    <th scope="col">
                        "Mirror: " {move || name(|view| &view.mirror, Some(pair.link.cluster.name()))}
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// The messages page of one side with the record open.
fn record_page(cluster: ClusterName, topic: TopicName, partition: i32, offset: i64) -> String {
    let query = MessagesQuery {
        from: "offset".to_owned(),
        at: offset.to_string(),
        partitions: partition.to_string(),
        record: format!("{partition}:{offset}"),
        ..MessagesQuery::default()
    };
    Route::Messages { cluster, topic, query: Box::new(query) }.path()
}

fn line(pair: Pair, source: Option<(ClusterName, TopicName)>, row: CompareRow) -> AnyView {
    let (role, words) = model::verdict(&row);
    let partition = pair.query.read_untracked().partition;
    let offset = row.offset;
    let offsets = if row.last > offset {
        format!("{} – {}", signed(offset), signed(row.last))
    } else {
        signed(offset)
    };
    let is_whole = role == StateRole::Failed;
    let link = {
        let (cluster, link) = (pair.link.cluster.name(), pair.link.link());
        let query = CompareQuery { partition, offset: offset.to_string() };
        let route = Route::Compare { cluster, link, topic: pair.topic.get_value(), query };
        format!("{}{}", super::topic::gate::origin(), route.path())
    };
    let source = source.map(|(cluster, topic)| record_page(cluster, topic, partition, offset));
    let mirror = record_page(pair.link.cluster.name(), pair.topic.get_value(), partition, offset);
    view! {
        <tr class:compare-differs=is_whole>
            <th scope="row" class="num">
                {offsets}
                <span class="compare-verdict">
                    <Badge plain=true role text=words />
                    <CopyButton text=link label=format!("Copy link to offset {offset}") word="Link" />
                </span>
            </th>
            <td>{cell(row.source, "source", source)}</td>
            <td>{cell(row.mirror, "mirror", Some(mirror))}</td>
        </tr>
    }
    .into_any()
}

fn cell(cell: CompareCell, side: &'static str, page: Option<String>) -> AnyView {
    let record = match cell {
        CompareCell::Record(record) => record,
        CompareCell::Nothing(why) => {
            return view! {
                <span class="compare-side">{side}</span>
                <span class="muted">{model::nothing(why)}</span>
            }
            .into_any();
        }
    };
    let CompareRecord { timestamp_ms, key, value, headers } = *record;
    let at = format!("{} UTC", time::absolute(timestamp_ms, 0));
    let open = page.map(|page| {
        let label = format!("Open this record on the {side}");
        view! { <a class="link" href=page aria-label=label>"open"</a> }
    });
    let part = |name: &'static str, bytes: Option<CompareBytes>, none: &'static str| {
        let text = match bytes {
            Some(bytes) => shown(bytes),
            None => view! { <span class="muted">{none}</span> }.into_any(),
        };
        view! { <dt>{name}</dt><dd>{text}</dd> }
    };
    let headers = headers.into_iter().map(|(name, value)| {
        let value = value.map_or_else(|| "null".into_any(), shown);
        view! { <dt>"Header"</dt><dd>{shown(name)} ": " {value}</dd> }
    });
    view! {
        <span class="compare-side">{side}</span>
        <span class="muted num compare-at">{at} " " {open}</span>
        <dl class="compare-record">
            {part("Key", key, "none")}
            {part("Value", value, "none: a tombstone")}
            {headers.collect_view()}
        </dl>
    }
    .into_any()
}

fn shown(bytes: CompareBytes) -> AnyView {
    let gap = |n: u64| (n > 0).then(|| format!("… {n} bytes … "));
    let pieces = bytes.pieces.into_iter().map(|(is_marked, text)| match is_marked {
        true => view! { <mark>{text}</mark> }.into_any(),
        false => text.into_any(),
    });
    let hex = bytes.hex.then_some("hex ");
    view! {
        <span class="mono">
            <span class="muted">{hex} {gap(bytes.before)}</span>
            {pieces.collect_view()}
            <span class="muted">{gap(bytes.after)}</span>
        </span>
    }
    .into_any()
}
