//! Uploaded video: the rungs of its ladder, and the farm that encodes them.

use tenfold_estimate::{Access, OperationKind};
use tenfold_units::Unit;

use crate::draft::{Draft, FarmPlan, excuse, option, t};
use crate::{Bottleneck, Choice};

/// The machine that encodes: many cores, and segments of many videos at once.
const ENCODER: &str = "c7g.8xlarge";

/// Decides rungs and encoders, where videos are uploaded.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    if draft.book.ledger.contains("ladder_bps") && draft.book.ledger.contains("bitrate_bps") {
        let choice = ladder(draft);
        draft.choices.push(choice);
    }
    let encodes = |o: &&tenfold_estimate::Operation| {
        o.kind == OperationKind::Job && o.touches.iter().any(|t| t.access == Access::BlobWrite)
    };
    let job = draft.estimate.operations.iter().find(encodes).map(|job| job.name.clone());
    let Some(job) = job.filter(|_| draft.book.ledger.contains("encode_vcpus")) else { return };
    let catalogue = content(draft);
    draft.choices.extend(catalogue);
    size(draft);
    let per_zone = draft.book.value("encode.per_zone") as u32;
    draft.farm = Some(FarmPlan { instance: ENCODER.to_owned(), per_zone, job });
    let choice = farm(draft);
    draft.choices.push(choice);
}

/// Uploads against a licensed catalogue: the assumption that moves the most, with what it moves.
fn content(draft: &mut Draft<'_>) -> Option<Choice> {
    let known = ["uploaded_hours_per_day", "upload_watch_ratio", "catalogue_videos", "ladder_bps"];
    if !known.iter().all(|id| draft.book.ledger.contains(id)) {
        return None;
    }
    let film = draft.book.assume("film.length");
    let book = &mut draft.book;
    let label = "a licensed catalogue in all rungs";
    let formula = format!("catalogue_videos * ladder_bps / 8 * {film}");
    book.derive("content.licensed", label, Unit::Bytes, &formula);
    let label = "bytes that uploads add in a day, in all rungs";
    let formula = "uploaded_hours_per_day * 3600 * ladder_bps / 8 * load_factor";
    book.derive("content.uploaded", label, Unit::Bytes, formula);
    let uploads = option(
        "uploads",
        t("whatever users upload", "사용자가 올리는 영상"),
        vec![t("the catalogue grows by itself", "작품이 저절로 늘어난다")],
        vec![t(
            "{uploaded_hours_per_day} hours a day: {content.uploaded} more to keep, {encode_vcpus} \
             vCPUs that encode day and night",
            "하루 {uploaded_hours_per_day}시간 분량. 매일 {content.uploaded:이} 쌓이고 vCPU \
             {encode_vcpus}개가 밤낮으로 encode한다",
        )],
        None,
    );
    let mut licensed = option(
        "licensed",
        t("a licensed catalogue", "계약한 작품 목록"),
        vec![t(
            "{catalogue_videos} titles take {content.licensed} in all, encoded once",
            "작품 {catalogue_videos}편이 모두 {content.licensed}에 그치고 encode는 한 번이면 된다",
        )],
        vec![t("every title has to be bought", "작품마다 사야 한다")],
        None,
    );
    licensed.excuse = Some(excuse(
        Bottleneck::Rule,
        &["uploaded_hours_per_day", "upload_watch_ratio"],
        t(
            "the brief speaks of uploads or of encoding them; write \"a licensed catalogue, no \
             uploads\" and the farm and most of the store go",
            "요구서가 upload나 그 encode를 말한다. \"계약한 작품만, upload 없음\"이라고 적으면 encode \
             서버군과 저장소 대부분이 사라진다",
        ),
    ));
    Some(Choice {
        id: "content".to_owned(),
        question: t("Where do the videos come from?", "영상은 어디서 오는가?"),
        options: vec![uploads, licensed],
        chosen: "uploads".to_owned(),
        reason: t(
            "Nothing moves this design more than this reading: what is watched is \
             {upload_watch_ratio} of what is uploaded, by the hour, which makes \
             {uploaded_hours_per_day} hours a day.",
            "이 설계를 가장 크게 바꾸는 해석이다. 시청 시간을 upload 시간의 {upload_watch_ratio:으로} 두면 \
             하루 {uploaded_hours_per_day}시간 분량이 올라온다.",
        ),
        forced_by: vec!["uploaded_hours_per_day".to_owned(), "content.licensed".to_owned()],
        changes_at: None,
        pin: None,
    })
}

fn size(draft: &mut Draft<'_>) {
    let zones = draft.zones();
    let book = &mut draft.book;
    let (busy, spot) = (book.assume("encode.busy"), book.fact("aws.spot.ratio"));
    let price = book.price(ENCODER);
    book.shape(ENCODER);
    let label = "vCPUs that encode at today's load";
    book.derive("encode.vcpus", label, Unit::Count, "encode_vcpus * load_factor");
    let formula = format!("max(1, ceil(encode.vcpus / {busy} / (vcpu.{ENCODER} * {zones})))");
    book.derive("encode.per_zone", "encoders in each zone", Unit::Count, &formula);
    let formula = format!("encode.per_zone * {zones} * 730 * {price}");
    book.derive("encode.cost", "encoders on demand", Unit::UsdPerMonth, &formula);
    let label = "the same encoders on spot machines";
    book.derive("encode.spot", label, Unit::UsdPerMonth, &format!("encode.cost * {spot}"));
    let formula = format!("video_seconds * encode_cpu_seconds_per_second / vcpu.{ENCODER}");
    let label = "time of one video on one machine";
    book.derive("encode.one", label, Unit::Seconds, &formula);
    let formula = "segment_seconds * encode_cpu_seconds_per_second";
    let label = "time of one segment on one core";
    book.derive("encode.segment", label, Unit::Seconds, formula);
}

fn farm(draft: &mut Draft<'_>) -> Choice {
    let farm = option(
        "farm",
        t("a farm that takes segments from a queue", "queue에서 segment를 가져가는 farm"),
        vec![t(
            "a video is cut into segments that many machines encode at once: {encode.segment} of a \
             core each; spot machines may vanish, the segment is encoded again: {encode.spot}",
            "영상을 segment로 잘라 여러 대가 동시에 encode한다. segment 하나에 core 시간 \
             {encode.segment:이다}. spot이 회수되면 그 segment만 다시 하면 되므로 \
             {encode.spot:으로} 줄일 수 있다",
        )],
        vec![t(
            "{encode.vcpus} vCPUs day and night, {encode.cost} on demand; a backlog delays new videos",
            "vCPU {encode.vcpus}개가 밤낮으로 돌고 on-demand로 {encode.cost:이다}. 밀리면 새 영상이 \
             늦어진다",
        )],
        Some("encode.cost".to_owned()),
    );
    let mut request = option(
        "in-upload",
        t("encoded by the service that takes the upload", "upload를 받은 서비스가 encode"),
        vec![t("no queue and no farm", "queue도 farm도 없다")],
        vec![t(
            "one video takes {encode.one} of a whole machine",
            "영상 하나에 장비 한 대가 {encode.one} 걸린다",
        )],
        None,
    );
    request.excuse = Some(excuse(
        Bottleneck::Cpu,
        &["encode.one", "encode.vcpus"],
        t(
            "{encode.vcpus} vCPUs beside the requests, and an upload that answers after {encode.one}",
            "요청을 받는 장비에 vCPU {encode.vcpus}개가 더 들고, upload 응답이 {encode.one} 뒤에 온다",
        ),
    ));
    let pin = draft.pin(&["transcoding"], "transcode").map(|pin| {
        let text = t(
            "{encode.per_zone} encoders a zone work off {uploaded_hours_per_day} hours of video a \
             day. They are sized by formula: what takes minutes is not simulated.",
            "zone당 encoder {encode.per_zone}대가 하루 {uploaded_hours_per_day}시간 분량을 처리한다. \
             몇 분씩 걸리는 일이라 simulation 없이 계산식으로 크기를 정했다.",
        );
        draft.judged(pin, true, text)
    });
    Choice {
        id: "encode".to_owned(),
        question: t("Where are uploads encoded?", "upload된 영상을 어디서 encode하는가?"),
        options: vec![farm, request],
        chosen: "farm".to_owned(),
        reason: t(
            "{uploaded_hours_per_day} hours of video a day keep {encode.vcpus} vCPUs busy: \
             {encode.per_zone} machines a zone that share nothing with requests.",
            "하루 {uploaded_hours_per_day}시간 분량의 영상이 vCPU {encode.vcpus}개를 쓴다. 요청과 \
             아무것도 나누지 않는 장비를 zone당 {encode.per_zone}대 둔다.",
        ),
        forced_by: vec!["encode.vcpus".to_owned(), "encode.one".to_owned()],
        changes_at: None,
        pin,
    }
}

fn ladder(draft: &mut Draft<'_>) -> Choice {
    let formula = "ladder_bps / bitrate_bps";
    let label = "bits stored for each bit that a viewer needs";
    draft.book.derive("ladder.stored", label, Unit::Factor, formula);
    let rungs = option(
        "ladder",
        t("a ladder of rungs, chosen for each segment", "segment마다 고르는 여러 단계의 화질"),
        vec![t(
            "a viewer whose throughput falls goes on with a smaller rung at the next segment, after \
             {segment_seconds} at most",
            "처리량이 떨어진 시청자도 늦어도 {segment_seconds} 뒤 다음 segment부터 낮은 화질로 이어 본다",
        )],
        vec![t(
            "{ladder_bps} are stored for each second of video, {ladder.stored} of what one viewer gets",
            "영상 1초마다 {ladder_bps:을} 저장한다. 한 시청자가 받는 양의 {ladder.stored:이다}",
        )],
        None,
    );
    let mut one = option(
        "one-rung",
        t("one rendition", "한 가지 화질"),
        vec![t("{bitrate_bps} stored and sent", "{bitrate_bps:만} 저장하고 보낸다")],
        vec![t(
            "whoever has less than {bitrate_bps} stops to wait",
            "{bitrate_bps:보다} 느린 시청자는 재생이 멈춘다",
        )],
        None,
    );
    one.excuse = Some(excuse(
        Bottleneck::Network,
        &["bitrate_bps", "ladder_bps"],
        t(
            "{bitrate_bps} is an average over viewers: half of them get less, and would stall",
            "{bitrate_bps:은} 시청자 평균이라 그보다 느린 쪽은 재생이 끊긴다",
        ),
    ));
    let pin = draft.pin(&["adaptive-bitrate"], "segment").map(|pin| {
        let text = t(
            "All rungs together are {ladder_bps}; the client picks one for each segment of \
             {segment_seconds}.",
            "모든 화질을 합하면 {ladder_bps:이다}. client가 {segment_seconds}마다 하나를 고른다.",
        );
        draft.judged(pin, true, text)
    });
    Choice {
        id: "ladder".to_owned(),
        question: t("In which renditions is a video kept?", "영상을 어떤 화질로 두는가?"),
        options: vec![rungs, one],
        chosen: "ladder".to_owned(),
        reason: t(
            "Viewers have different throughput and it changes while they watch: {ladder_bps} of rungs \
             cost storage once, stalls cost viewers each time.",
            "시청자마다 처리량이 다르고 보는 동안에도 변한다. 화질을 여럿 두면 저장 비용이 한 번 \
             늘지만({ladder_bps}), 끊김은 볼 때마다 시청자를 잃는다.",
        ),
        forced_by: vec!["ladder_bps".to_owned(), "bitrate_bps".to_owned()],
        changes_at: None,
        pin,
    }
}
