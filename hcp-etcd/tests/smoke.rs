use std::time::Duration;
use hcp_etcd::recovery::*;
use hcp_etcd::*;
use hcp_testkit::EtcdCluster;
#[tokio::test]
async fn smoke() {
    let cluster = EtcdCluster::builder().members(3).start().await.unwrap();
    let files = cluster.client_tls().unwrap();
    let tls = Tls::from_files(&files.ca, &files.cert, &files.key).unwrap();
    let client = Client::new(cluster.topology().clone(), ClientOptions::default().with_tls(tls)).unwrap();
    println!("{}", client.observe(Depth::Hashes).await);
    cluster.wipe_data(2).await.unwrap();
    let mut ex = Executor::new(client, cluster.control().clone(), cluster.dir().join("snapshots")).with_deadline(Duration::from_secs(60));
    let t = ex.decide(Depth::Hashes).await.unwrap();
    println!("{}\n{}\n{}", t.observation.table(&t.diagnosis), t.diagnosis, t.plan);
    std::fs::write("/tmp/obs.json", serde_json::to_string_pretty(&t.observation).unwrap()).unwrap();
    let o = ex.run(&tokio_util::sync::CancellationToken::new(), |p| match p {
        Progress::Begins{member, step, number, total, ..} => println!("{number}/{total} {member} {step}"),
        Progress::Done{took, ..} => println!("   done {took:?}"),
        Progress::Retries{error} => println!("retry {error:?}"),
        Progress::Decided{plan,..} => println!("   {}", plan.action),
        _ => {} }).await.unwrap();
    println!("{o}");
    println!("{}", ex.decide(Depth::Hashes).await.unwrap().observation);
}
