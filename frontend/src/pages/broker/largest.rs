//! The replicas on a broker's disks, the largest first.

use std::sync::Arc;

use drawbridge_shared::view::{BrokerReplicasView, DiskReplica};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use crate::model::bytes::{bytes_or_unknown, exact_bytes};
use crate::model::number::{count, counted, signed};
use crate::pages::brokers::Brokers;
use crate::pages::topic::ask::{Ask, Refusal};
use crate::routes::Route;
use crate::state::Clock;
use crate::ui::{Age, Badge, Button, Column, DataTable, Panel, Show, Skeleton, StateRole};

fn columns() -> Vec<Column> {
    vec![
        Column::new("partition", "Partition", ""),
        Column::new("path", "Directory", "280px").wide(),
        Column::new("behind", "Behind", "140px")
            .numeric()
            .wide()
            .hint("Offsets its log end lies behind the high watermark"),
        Column::new("size", "Size", "112px").numeric().hint("Bytes on this disk"),
    ]
}

type Answer = RwSignal<Option<Arc<BrokerReplicasView>>>;

#[component]
pub(super) fn Largest(brokers: Brokers, id: i32) -> impl IntoView {
    let ask = Ask::new();
    let read: Answer = RwSignal::new(None);
    let load = Callback::new(move |()| {
        let request = Request::BrokerReplicas { cluster: brokers.cluster.name(), broker: id };
        ask.send(request, move |response| {
            if let Response::BrokerReplicas(view) = response {
                read.try_set(Some(Arc::new(view)));
            }
        });
    });
    load.run(());
    let actions = move || view! { <Tools ask read load /> };
    view! {
        <Panel title="Largest partitions" actions>
            <Refusal error=ask.error() retry=load />
            <Show when=move || read.read().is_none() && ask.busy().get()>
                <Skeleton label="Reading the disks" rows=6 />
            </Show>
            <Show when=move || read.read().is_some()>
                <Table brokers read />
            </Show>
        </Panel>
    }
}

/// How many there are, how old the answer is, and another reading.
#[component]
fn Tools(ask: Ask, read: Answer, load: Callback<()>) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let at_ms =
        Signal::derive(move || read.read().as_ref().map(|v| v.read_at_ms).unwrap_or_default());
    let said = move || {
        let read = read.read();
        read.as_ref().map(|view| {
            let all = counted(view.n_all.into(), "replica", "replicas");
            match u64::try_from(view.rows.len()) {
                Ok(n) if n < u64::from(view.n_all) => format!("the largest {} of {all}", count(n)),
                _ => all,
            }
        })
    };
    view! {
        <Show when=move || read.read().is_some()>
            <span class="muted num">{move || said()} " · read " <Age now_ms=clock.now() at_ms /></span>
            " "
            <Button on_click=load busy=ask.busy()>"Read again"</Button>
        </Show>
    }
}

#[component]
fn Table(brokers: Brokers, read: Answer) -> impl IntoView {
    let keys = Memo::new(move |_| {
        let n = read.read().as_ref().map_or(0, |view| view.rows.len());
        Arc::new((0..i32::try_from(n).unwrap_or(i32::MAX)).collect::<Vec<i32>>())
    });
    let row = move |at: i32| {
        let found = read.with(|view| {
            let at = usize::try_from(at).ok()?;
            view.as_ref()?.rows.get(at).cloned()
        });
        found.map(|replica| cells(brokers, replica)).unwrap_or_else(|| ().into_any())
    };
    // Rows are told by their place: another reading is another table.
    move || {
        let _ = read.read();
        view! {
            <DataTable caption="Largest partitions" columns=columns() keys row=Arc::new(row) />
        }
    }
}

fn cells(brokers: Brokers, replica: DiskReplica) -> AnyView {
    let name = format!("{}-{}", replica.topic, replica.partition);
    let link = match replica.topic.parse() {
        Ok(topic) => {
            let href = Route::of_topic(brokers.cluster.name(), topic).path();
            view! { <a class="link topic-name" href=href title=name.clone()>{name.clone()}</a> }
                .into_any()
        }
        Err(_) => view! { <span class="topic-name">{name}</span> }.into_any(),
    };
    let moving = replica.is_moving.then(|| {
        view! { <Badge plain=true role=StateRole::Attention text="being moved here" /> }
    });
    let path = replica.path;
    view! {
        <th scope="row">
            <span class="topic-cell">{link} {moving}</span>
            <span class="cell-sub"><span class="mono">{path.clone()}</span></span>
        </th>
        <td class="wide mono" title=path.clone()>{path.clone()}</td>
        <td class="right wide num">{signed(replica.offset_lag)}</td>
        <td class="right">
            <span class="num" title=replica.size_bytes.map(exact_bytes)>{bytes_or_unknown(replica.size_bytes)}</span>
        </td>
    }
    .into_any()
}
