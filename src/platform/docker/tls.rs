//! TLS to a daemon: built only where an address needs it, since reading the system's certificates takes a while.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::{platform::docker::host::TlsFiles, safe, text::SafeText};

/// Reads the files and builds the settings, with ring as the one provider of cryptography.
///
/// # Errors
/// Which file can't be used, and why; never anything out of the file.
pub(super) fn settings(files: &TlsFiles) -> Result<Arc<ClientConfig>, SafeText> {
    let mut roots = RootCertStore::empty();
    match &files.ca {
        Some(path) => {
            for certificate in certificates(path)? {
                roots
                    .add(certificate)
                    .map_err(|e| safe!("{}: {e}", path.display()))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| safe!("TLS: {e}"))?
        .with_root_certificates(roots);
    let config = match (&files.cert, &files.key) {
        (Some(cert), Some(key)) => {
            let secret =
                PrivateKeyDer::from_pem_file(key).map_err(|e| safe!("{}: {e}", key.display()))?;
            builder
                .with_client_auth_cert(certificates(cert)?, secret)
                .map_err(|e| safe!("{}: {e}", cert.display()))?
        }
        _ => builder.with_no_client_auth(),
    };
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SafeText> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match read {
        Ok(list) => {
            let list: Vec<_> = list;
            if list.is_empty() {
                return Err(safe!("{}: there is no certificate in it", path.display()));
            }
            Ok(list)
        }
        Err(e) => Err(safe!("{}: {e}", path.display())),
    }
}
