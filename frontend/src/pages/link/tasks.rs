//! The tasks of a link: what each does, when it ran last, and what it could not do.

use drawbridge_shared::link::{TaskName, TaskState};
use drawbridge_shared::view::TaskView;
use leptos::prelude::*;

use super::Subject;
use crate::model::links::{task_role, task_words};
use crate::model::time::{age, exact_duration};
use crate::state::Clock;
use crate::ui::Badge;

#[component]
pub(super) fn Tasks(subject: Subject) -> impl IntoView {
    let tasks = Memo::new(move |_| subject.with(|detail| detail.tasks.clone()).unwrap_or_default());
    let protection = Memo::new(move |_| subject.with(|detail| detail.protection.clone()).flatten());
    view! {
        <section class="panel">
            <header class="panel-head">
                <h2>"Tasks"</h2>
                <span class="muted num">{move || tasks.with(|tasks| task_words(tasks))}</span>
            </header>
            <table class="table table--auto tasks">
                <caption class="visually-hidden">"Tasks of the link"</caption>
                <tbody>
                    {move || tasks.get().into_iter().map(task_row).collect_view()}
                    {move || {
                        protection
                            .get()
                            .map(|who| {
                                view! {
                                    <tr>
                                        <td></td>
                                        <th scope="row">"Write protection"</th>
                                        <td class="muted" colspan="2">{who}</td>
                                    </tr>
                                }
                            })
                    }}
                </tbody>
            </table>
        </section>
    }
}

fn does(name: TaskName) -> &'static str {
    match name {
        TaskName::AclSync => "copies ACLs",
        TaskName::AutoCreateMirror => "makes mirrors of new topics",
        TaskName::ConsumerOffsetSync => "copies consumer offsets",
        TaskName::TopicConfigsSync => "copies topic configs",
    }
}

fn task_row(task: TaskView) -> impl IntoView {
    let now = expect_context::<Clock>().now();
    let role = task_role(&task);
    let (last, every) = (task.last_run_ms, exact_duration(task.interval_ms.max(0).unsigned_abs()));
    let is_off = task.state == TaskState::NotConfigured;
    let when = move || match (is_off, last) {
        (true, _) => "off".to_owned(),
        (false, None) => format!("not run yet · every {every}"),
        (false, Some(at)) => format!("{} · every {every}", age(now.get(), at)),
    };
    let errors = task.errors.into_iter().map(|error| {
        view! { <span class="task-error" title=error.code.as_str()>{error.message}</span> }
    });
    view! {
        <tr>
            <td class="task-state"><Badge role text=task.state.as_str().replace('_', " ") /></td>
            <th scope="row">{task.name.as_str()} <span class="words">{does(task.name)}</span></th>
            <td class="muted num">{move || when()}</td>
            <td class="wrap">{errors.collect_view()}</td>
        </tr>
    }
}
