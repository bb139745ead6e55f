//! TLS, and how long a certificate is still good.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio_rustls::TlsConnector;
use x509_cert::{Certificate, der::Decode as _};

use super::reach;
use crate::{
    config::settings::address::HostPort,
    domain::{alert::Severity, signals::Found},
    safe,
    text::SafeText,
};

/// Days under which a certificate is a warning: what renews them has failed by then.
const SOON: i64 = 21;
/// Days under which it is critical.
const NEARLY: i64 = 7;

const DAY: i64 = 86_400;

const OF_NOBODY: SafeText =
    SafeText::from_static("the certificate is of nobody whom this system trusts");

/// Those whom the system trusts.
pub(super) fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// Nobody: for what is not encrypted.
pub(super) fn no_roots() -> RootCertStore {
    RootCertStore::empty()
}

/// With ring as the one provider of cryptography.
///
/// # Errors
/// The library's refusal.
pub(super) fn trusting(roots: RootCertStore) -> Result<ClientConfig, SafeText> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| safe!("TLS: {e}"))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// What a host shows of itself.
pub(super) struct Shown {
    /// Until when its certificate is good.
    pub(super) until: Timestamp,
    /// Why it is not trusted here, or is none of that host; empty where it is.
    pub(super) distrust: SafeText,
}

impl Shown {
    /// Whole days for which it is still good; less than 0 once it has expired.
    pub(super) fn days(&self, now: Timestamp) -> i64 {
        let seconds = self.until.as_second() - now.as_second();
        seconds.div_euclid(DAY)
    }

    /// How long that is, and what else is wrong with it: who asks for days alone learns of that too.
    pub(super) fn words(&self, now: Timestamp) -> SafeText {
        let until = self.until.strftime("%Y-%m-%d");
        let days = match self.days(now) {
            ..0 => safe!("expired on {until}"),
            days => safe!("good for {days} days, until {until}"),
        };
        if self.distrust.is_empty() {
            days
        } else {
            safe!("{days}; {}", self.distrust)
        }
    }

    /// What that means.
    pub(super) fn judge(&self, now: Timestamp) -> Found {
        let days = self.days(now);
        let expires = self.until.strftime("%Y-%m-%d");
        match days {
            ..0 => Found::Bad(
                Severity::Critical,
                safe!("the certificate expired on {expires}"),
            ),
            _ if !self.distrust.is_empty() => Found::Bad(Severity::Critical, self.distrust.clone()),
            0..SOON => {
                let severity = match days {
                    0..NEARLY => Severity::Critical,
                    _ => Severity::Warning,
                };
                Found::Bad(
                    severity,
                    safe!("the certificate expires in {days} days, on {expires}"),
                )
            }
            _ => Found::Well(safe!("good for {days} days")),
        }
    }
}

/// Asks a host for its certificate.
///
/// # Errors
/// Why there is none to look at.
pub(super) async fn look(place: &HostPort) -> Result<Shown, Found> {
    let unknown = |words: SafeText| Found::Unknown(words);
    let name = ServerName::try_from(place.host.clone())
        .map_err(|_| unknown(safe!("{} is no name of a host", place.host)))?;
    // Reading what the system trusts takes a while.
    let witness = tokio::task::spawn_blocking(Witness::new).await;
    let witness = witness
        .unwrap_or_else(|error| Err(safe!("{error}")))
        .map_err(unknown)?;
    let witness = Arc::new(witness);
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| unknown(safe!("TLS: {e}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&witness) as _)
        .with_no_client_auth();
    let failed = |error: std::io::Error| {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Error>());
        match tls {
            Some(tls) => Found::Bad(Severity::Critical, safe!("no TLS is spoken there: {tls}")),
            None => reach::verdict(&error).unwrap_or_else(|| unknown(safe!("{error}"))),
        }
    };
    let stream = reach::connect(place).await.map_err(failed)?;
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.map_err(failed)?;
    let seen = witness.seen.lock().ok().and_then(|mut seen| seen.take());
    seen.ok_or_else(|| unknown(SafeText::from_static("it showed no certificate")))
}

/// Looks at the certificate as always, and notes what it thinks of it in place of breaking off.
#[derive(Debug)]
struct Witness {
    inner: Arc<WebPkiServerVerifier>,
    seen: Mutex<Option<Shown>>,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "until {}", self.until)
    }
}

impl Witness {
    fn new() -> Result<Self, SafeText> {
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots()), provider());
        let inner = builder.build();
        Ok(Self {
            inner: inner.map_err(|e| safe!("what this system trusts does not read: {e}"))?,
            seen: Mutex::new(None),
        })
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.inner.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        let certificate = Certificate::from_der(end_entity)
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let certificate = certificate.tbs_certificate;
        let distrust = match verified {
            Ok(_) => SafeText::EMPTY,
            // What only it says itself may be refused for something else first.
            Err(_) if certificate.issuer == certificate.subject => OF_NOBODY,
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => OF_NOBODY,
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => SafeText::from_static("the certificate is of another host"),
            Err(error) => safe!("the certificate is not trusted: {error}"),
        };
        let until = certificate.validity.not_after;
        let seconds = until.to_unix_duration().as_secs();
        let until = Timestamp::from_second(i64::try_from(seconds).unwrap_or(i64::MAX))
            .unwrap_or(Timestamp::MAX);
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Some(Shown { until, distrust });
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
