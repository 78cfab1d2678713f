use std::path::Path;

use tokio_postgres::config::Host as DriverHost;

use super::*;

fn url(text: &str) -> DatabaseUrl {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// What a URL means, on one line: user, hosts and ports as the driver gets them, database, namespace, location.
fn meaning(text: &str) -> String {
    let url = url(text);
    let config = url.config().map_or_else(String::new, |config| {
        let hosts = config.get_hosts().iter().map(|host| match host {
            DriverHost::Tcp(name) => name.clone(),
            DriverHost::Unix(path) => path.display().to_string(),
        });
        let ports = config.get_ports().iter();
        let pairs: Vec<String> = hosts.zip(ports).map(|(host, port)| format!("{host} {port}")).collect();
        let password = config.get_password().map_or("-".to_owned(), |p| String::from_utf8_lossy(p).into_owned());
        format!("{} {password} {}", config.get_user().unwrap_or("-"), pairs.join(","))
    });
    format!("{config}|{}|{}|{}", url.database(), url.namespace(), url.location().unwrap_or_default())
}

#[test]
fn parts() {
    for (text, expected) in [
        ("postgresql://u:p@h:1/db", "u p h 1|db|public|h:1"),
        ("postgres://u:p@h/db", "u p h 5432|db|public|h"),
        ("POSTGRESQL://u:p@h/db", "u p h 5432|db|public|h"),
        ("  postgresql://u:p@h/db\n", "u p h 5432|db|public|h"),
        ("postgresql://h", "- - h 5432|postgres|public|h"),
        ("postgresql://h/", "- - h 5432||public|h"),
        ("postgresql://h/?schema=a", "- - h 5432||a|h"),
        ("postgresql://h?schema=a", "- - h 5432|postgres|a|h"),
        ("postgresql://h/db?schema=", "- - h 5432|db|public|h"),
        ("postgresql://h/db?schema=a&schema=b", "- - h 5432|db|b|h"),
        ("postgresql://h/db?schema=my%20place", "- - h 5432|db|my place|h"),
        ("postgresql://h/db?schema=my+place", "- - h 5432|db|my place|h"),
        ("postgresql://h/db/more", "- - h 5432|db|public|h"),
        ("postgresql://h/my%20db", "- - h 5432|my db|public|h"),
        ("postgresql://h/db#note", "- - h 5432|db|public|h"),
        ("postgresql:///db", "- - localhost 5432|db|public|"),
        ("postgresql://u%40x:p%3A%2F%3F%23@h/db", "u@x p:/?# h 5432|db|public|h"),
        ("postgresql://u:p@ss@h/db", "u p@ss h 5432|db|public|h"),
        ("postgresql://u:p:q@h/db", "u p:q h 5432|db|public|h"),
        ("postgresql://u:%FF@h/db", "u %FF h 5432|db|public|h"),
        ("postgresql://u:100%@h/db", "u 100% h 5432|db|public|h"),
        ("postgresql://u@h/db", "u - h 5432|db|public|h"),
        ("postgresql://:p@h/db", "- p h 5432|db|public|h"),
        ("postgresql://h:/db", "- - h 5432|db|public|h"),
        ("postgresql://[::1]:5433/db", "- - ::1 5433|db|public|[::1]:5433"),
        ("postgresql://u@[fe80::1]/db", "u - fe80::1 5432|db|public|[fe80::1]"),
        ("postgresql://a:1,b:2/db", "- - a 1,b 2|db|public|a:1,b:2"),
        ("postgresql://a,b/db", "- - a 5432,b 5432|db|public|a,b"),
        ("postgresql://a,b/db?port=1", "- - a 1,b 1|db|public|a:1,b:1"),
        ("postgresql://a,b/db?port=1,2", "- - a 1,b 2|db|public|a:1,b:2"),
        ("postgresql://u@localhost:5433/db?host=/run/pg", "u - /run/pg 5433|db|public|unix:/run/pg"),
        ("postgresql:///db?host=/run/pg&user=u&password=p", "u p /run/pg 5432|db|public|unix:/run/pg"),
        ("postgresql:///db?host=%2Frun%2Fpg", "- - /run/pg 5432|db|public|unix:/run/pg"),
        ("postgresql:///?dbname=x", "- - localhost 5432||public|"),
        ("postgresql://?dbname=x", "- - localhost 5432|x|public|"),
        ("postgresql://%2Frun%2Fpg/db", "- - /run/pg 5432|db|public|unix:/run/pg"),
        ("postgresql://a/db?host=b", "- - b 5432|db|public|b"),
        ("postgresql://h/db?nonsense=1&&=&x", "- - h 5432|db|public|h"),
        ("postgresql://h/db?application_name=a%40b", "- - h 5432|db|public|h"),
        ("postgresql://u@h/db?application_name=a@b", "u - h 5432|db|public|h"),
        ("local:.evt/db", "|postgres|public|local:.evt/db"),
        ("local:.evt/db?schema=a&dbname=b", "|b|a|local:.evt/db"),
        ("local:///data", "|postgres|public|local:/data"),
    ] {
        assert_eq!(meaning(text), expected, "{text}");
    }
}

#[test]
fn errors() {
    const NUMBER: &str = "a whole number";
    for (text, expected) in [
        ("", UrlError::Empty),
        (" \n", UrlError::Empty),
        ("hunter2", UrlError::Scheme { found: None }),
        ("mysql://u:hunter2@h/db", UrlError::Scheme { found: Some("mysql://") }),
        ("postgresql:u:hunter2@h/db", UrlError::Scheme { found: Some("postgresql:") }),
        ("prisma://x?api_key=hunter2", UrlError::Accelerate { scheme: "prisma://" }),
        ("prisma+postgres://x?api_key=hunter2", UrlError::Accelerate { scheme: "prisma+postgres://" }),
        ("postgresql://u:hunter2/x@h/db", UrlError::StrayAt),
        ("postgresql://u:hunter2/x", UrlError::Port),
        ("postgresql://u:hunter2#x@h/db", UrlError::StrayAt),
        ("postgresql://u:2?x@h/db", UrlError::StrayAt),
        ("postgresql://u:2/x@h/db", UrlError::StrayAt),
        ("postgresql://u:2#x@h/db", UrlError::StrayAt),
        ("postgresql://u:2@h?x@h/db", UrlError::StrayAt),
        ("postgresql://h:65536/db", UrlError::Port),
        ("postgresql://h:+1/db", UrlError::Port),
        ("postgresql://[::1/db", UrlError::Ipv6),
        ("postgresql://[hunter2]/db", UrlError::Ipv6),
        ("postgresql://[::1]x/db", UrlError::Port),
        ("postgresql://a,b,c/db?port=1,2", UrlError::PortCount { hosts: 3, ports: 2 }),
        ("postgresql://a b/db", UrlError::Character { part: "host" }),
        ("postgresql://u%00@h/db", UrlError::Character { part: "user" }),
        ("postgresql://u:%00@h/db", UrlError::Character { part: "password" }),
        ("postgresql://h/d%00b", UrlError::Character { part: "database name" }),
        ("postgresql://h/db?connect_timeout=x", UrlError::Parameter { name: "connect_timeout", expected: NUMBER }),
        ("postgresql://h/db?socket_timeout=-1", UrlError::Parameter { name: "socket_timeout", expected: NUMBER }),
        ("postgresql://h/db?connection_limit=1.5", UrlError::Parameter { name: "connection_limit", expected: NUMBER }),
        ("postgresql://h/db?pgbouncer=1", UrlError::Parameter { name: "pgbouncer", expected: "`true` or `false`" }),
        ("local:", UrlError::LocalFolder),
        ("local:a?server=b", UrlError::Parameter { name: "server", expected: "`installed` or `embedded`" }),
        ("local:?schema=a", UrlError::LocalFolder),
    ] {
        let error = text.parse::<DatabaseUrl>().expect_err(text);
        assert_eq!(error, expected, "{text}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}");
    }
}

#[test]
fn transport_security() {
    use TlsMode::{Disable, Prefer, Require};
    use Verification::{Authority, AuthorityAndName, None};
    for (query, mode, verification) in [
        ("", Prefer, None),
        ("sslmode=disable", Disable, None),
        ("sslmode=prefer", Prefer, None),
        ("sslmode=allow", Prefer, None),
        ("sslmode=nonsense", Prefer, None),
        ("sslmode=require", Require, None),
        ("sslmode=require&sslaccept=accept_invalid_certs", Require, None),
        ("sslmode=require&sslaccept=strict", Require, AuthorityAndName),
        ("sslmode=require&sslaccept=nonsense", Require, AuthorityAndName),
        ("sslaccept=strict", Prefer, AuthorityAndName),
        ("sslmode=disable&sslaccept=strict", Disable, None),
        ("sslmode=verify-ca", Require, Authority),
        ("sslmode=verify-full", Require, AuthorityAndName),
        ("sslmode=require&sslrootcert=ca.pem", Require, Authority),
        ("sslmode=verify-ca&sslrootcert=system", Require, AuthorityAndName),
        ("sslmode=require&sslcert=ca.pem", Require, None),
    ] {
        let url = url(&format!("postgresql://h/db?{query}"));
        assert_eq!((url.tls().mode, url.tls().verification), (mode, verification), "{query}");
    }
}

#[test]
fn certificates() {
    let file = |path: &str| std::path::PathBuf::from(path);
    let resolved = |query: &str| {
        let url = url(&format!("postgresql://h/db?{query}"));
        url.resolved(Path::new("/root"), Path::new("/certs")).tls().clone()
    };
    let tls = resolved("sslcert=a.pem&sslidentity=b.p12&sslpassword=hunter2&sslrootcert=/c.pem");
    assert_eq!(tls.extra_root, Some(file("/certs/a.pem")));
    assert_eq!(tls.roots, Some(Roots::File(file("/c.pem"))));
    match &tls.identity {
        Some(Identity::Pkcs12 { path, password: Some(password) }) => {
            assert_eq!((path, password.expose()), (&file("/certs/b.p12"), "hunter2"));
        }
        other => panic!("{other:?}"),
    }
    assert!(!format!("{tls:?}").contains("hunter2"));
    let tls = resolved("sslcert=a.pem&sslkey=k.pem&sslrootcert=system");
    assert_eq!((tls.extra_root, tls.roots), (None, Some(Roots::System)));
    assert_eq!(tls.identity, Some(Identity::Pem { certificate: file("/certs/a.pem"), key: file("/certs/k.pem") }));
}

#[test]
fn limits_and_names() {
    let seconds = |s| Some(Duration::from_secs(s));
    let plain = url("postgresql://h/db");
    assert_eq!((plain.connect_timeout(), plain.socket_timeout(), plain.pgbouncer()), (seconds(5), None, false));
    let full = url(
        "postgresql://h/db?connect_timeout=0&socket_timeout=7&pgbouncer=true&application_name=a%20b&options=-c%20x%3D1",
    );
    assert_eq!((full.connect_timeout(), full.socket_timeout(), full.pgbouncer()), (None, seconds(7), true));
    let config = full.config().expect("a server");
    assert_eq!((config.get_application_name(), config.get_options()), (Some("a b"), Some("-c x=1")));
}

/// Parameters that only a pool needs change nothing, but have to be what they claim to be.
#[test]
fn numbers_and_switches() {
    for name in [
        "connect_timeout",
        "socket_timeout",
        "pool_timeout",
        "connection_limit",
        "statement_cache_size",
        "max_connection_lifetime",
        "max_idle_connection_lifetime",
    ] {
        for (value, fine) in [("0", true), ("7", true), ("x", false), ("1.5", false), ("-1", false), ("7s", false)] {
            let parsed = format!("postgresql://h/db?{name}={value}").parse::<DatabaseUrl>();
            assert_eq!(parsed.is_ok(), fine, "{name}={value}");
        }
    }
    for (value, expected) in [("true", Some(true)), ("false", Some(false)), ("1", None), ("TRUE", None), ("", None)] {
        let parsed = format!("postgresql://h/db?pgbouncer={value}").parse::<DatabaseUrl>();
        assert_eq!(parsed.ok().map(|url| url.pgbouncer()), expected, "pgbouncer={value}");
    }
    for (value, expected) in [
        ("disable", ChannelBinding::Disable),
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
        ("nonsense", ChannelBinding::Prefer),
    ] {
        let config = url(&format!("postgresql://h/db?channel_binding={value}")).config().expect("a server");
        assert_eq!(config.get_channel_binding(), expected, "channel_binding={value}");
    }
}

#[test]
fn same_database() {
    for (a, b, same) in [
        ("postgresql://u:p@h/db", "postgres://v:q@H:5432/db?schema=public&pgbouncer=true", true),
        ("postgresql://h/db", "postgresql://h./db", true),
        ("postgresql://h/db", "postgresql://h/db2", false),
        ("postgresql://h/db", "postgresql://h:5433/db", false),
        ("postgresql://h/db", "postgresql://g/db", false),
        ("postgresql://h/db", "postgresql://h/db?schema=other", false),
        ("postgresql://localhost/db", "postgresql://127.0.0.1/db", true),
        ("postgresql://[::1]/db", "postgresql:///db?host=/run/pg", true),
        ("postgresql://a,b/db", "postgresql://b/db", true),
        ("postgresql://u@h/", "postgresql://h/u", true),
        ("local:a", "local:a", true),
        ("local:a", "local:b", false),
        ("local:a", "postgresql://localhost/postgres", false),
    ] {
        assert_eq!(url(a).same_database_as(&url(b)), same, "{a} and {b}");
        assert_eq!(url(b).same_database_as(&url(a)), same, "{b} and {a}");
    }
}

#[test]
fn changes() {
    let main = url("postgresql://u:hunter2@h:1/db?schema=a");
    assert_eq!(main.with_database("x y").to_string(), "postgresql://u@h:1/x%20y?schema=a");
    assert_eq!(main.with_namespace("b").to_string(), "postgresql://u@h:1/db?schema=b");
    let kinds = ["local:a", "local:a?server=installed", "local:a?server=embedded"].map(|text| url(text).local_server());
    assert_eq!(kinds, [None, Some(ServerKind::Installed), Some(ServerKind::Embedded)]);
    let local = url("local:.evt/db?schema=a").resolved(Path::new("/root"), Path::new("/certs"));
    assert_eq!(local.local_folder(), Some(Path::new("/root/.evt/db")));
    assert_eq!(local.on_socket(Path::new("/run"), 7, "me").to_string(), "postgresql://me@%2Frun:7/postgres?schema=a");
    assert_eq!(local.on_host("127.0.0.1", 7, "me").to_string(), "postgresql://me@127.0.0.1:7/postgres?schema=a");
}

#[test]
fn printing_is_redacted_and_reads_back() {
    for text in [
        "postgresql://u:hunter2@h:1/db?schema=a&sslpassword=hunter2&password=hunter2",
        "postgresql://u%40:hunter2@[::1]:1,h/d%2Fb",
        "postgresql://:hunter2@%2Frun:5/db",
        "local:.evt/db?schema=a&password=hunter2",
    ] {
        let parsed = url(text);
        assert!(!format!("{parsed} {parsed:?} {parsed:#?}").contains("hunter2"), "{text}");
        let again = url(&parsed.to_string());
        assert_eq!(again.to_string(), parsed.to_string(), "{text}");
        assert!(again.same_database_as(&parsed), "{text}");
    }
}

#[test]
fn redaction() {
    for (text, expected) in [
        ("nothing", "nothing"),
        ("see https://a.b/c", "see https://a.b/c"),
        ("'postgresql://u:hunter2@h/db'", "'postgresql://u@h/db'"),
        ("postgresql://u:hun@ter2@h/db and mysql://:x@h", "postgresql://u@h/db and mysql://@h"),
        ("postgresql://u:hunter2/@h/db", "postgresql://u@h/db"),
        ("`postgresql:/u:hunter2@h/db`", "`postgresql:/u@h/db`"),
        ("postgresql://u:hunter2…", "postgresql://u@…"),
        ("postgresql://h:5432/db?a=b", "postgresql://h:5432/db?a=b"),
        ("postgresql://[::1]:5432/db", "postgresql://[::1]:5432/db"),
        ("postgresql://u@h/db?password=x&sslmode=require", "postgresql://u@h/db?password=…&sslmode=require"),
        ("prisma://h/?api_key=x", "prisma://h/?api_key=…"),
        // The form that a hint shows has to survive, for whoever reads the hint.
        (FORM, FORM),
    ] {
        assert_eq!(redact(text), expected);
    }
}

#[test]
fn random_input_is_read_or_refused() {
    const PIECES: &[&str] = &[
        "postgresql://",
        "postgres://",
        "local:",
        "u",
        ":",
        "@",
        "/",
        "?",
        "#",
        "&",
        "=",
        "%",
        "%2F",
        "%00",
        "%FF",
        "[",
        "]",
        "::1",
        ",",
        "5432",
        "99999",
        "schema",
        "host",
        "port",
        "sslmode",
        "ä",
        "\u{0}",
        " ",
        "+",
        "/run",
        "é%",
        "..",
    ];
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..50_000 {
        let mut text = String::new();
        for _ in 0..seed % 12 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            text.push_str(PIECES[usize::try_from(seed % PIECES.len() as u64).expect("small")]);
        }
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        match text.parse::<DatabaseUrl>() {
            Ok(url) => {
                let _ = (url.config(), url.location(), url.host(), format!("{url:?}"));
                assert!(url.to_string().parse::<DatabaseUrl>().is_ok(), "{text} prints as {url}");
            }
            Err(error) => assert!(!error.to_string().is_empty(), "{text}"),
        }
    }
}
