"""TLS to the database: only a server that the named authority vouches for, under the name asked for, is talked to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import text

from adapters.database import faults
from adapters.database.database import Database
from adapters.database.target import DatabaseTarget, target_of_url
from domain.errors import DatabaseUnavailable
from tests.servers.mariadb import MariaDb, require_mariadb, running_mariadb


@dataclass
class Authority:
    """A certificate authority that lives as long as the test.

    Args:
        folder: Its files go there.
        name: Its own, and the beginning of its files' names.
    """

    folder: Path
    name: str

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        certificate = _builder(self._subject, self._subject, self._key).add_extension(constraints, critical=True)
        self.file = self.folder / f"{self.name}.pem"
        self.file.write_bytes(_pem(certificate.sign(self._key, hashes.SHA256())))

    def issue(self, address: str) -> tuple[Path, Path]:
        """Files of a certificate for an address and of its key, which the server's own user may read."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "database")])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        certificate = _builder(subject, self._subject, key).add_extension(names, critical=False)
        of_server, of_key = self.folder / f"{self.name}-server.pem", self.folder / f"{self.name}-server.key"
        of_server.write_bytes(_pem(certificate.sign(self._key, hashes.SHA256())))
        of_key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return of_server, of_key


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    """The one that signed the server's certificate, and another."""
    folder = tmp_path_factory.mktemp("authorities")
    return Authority(folder, "right"), Authority(folder, "wrong")


@pytest.fixture(scope="module")
def server(authorities: tuple[Authority, Authority]) -> Iterator[MariaDb]:
    require_mariadb()
    certificate, key = authorities[0].issue("127.0.0.1")
    with running_mariadb(f"--ssl-cert={certificate}", f"--ssl-key={key}") as server:
        server.execute(
            "CREATE DATABASE d", "CREATE USER 'careful' IDENTIFIED BY 'c' REQUIRE SSL", "GRANT ALL ON d.* TO careful"
        )
        yield server


def database_at(server: MariaDb, ca: Path | None, user: str = "careful:c") -> Database:
    return Database(DatabaseTarget(url=target_of_url(f"mysql://{user}@{server.host}:{server.port}/d"), ssl_ca=ca))


def cipher(database: Database) -> str:
    try:
        row = database.read(lambda connection: connection.execute(text("SHOW STATUS LIKE 'Ssl_cipher'")).one())
    finally:
        database.close()
    return str(row[1])


def said(database: Database) -> str:
    try:
        with pytest.raises(DatabaseUnavailable) as caught:
            database.ping()
    finally:
        database.close()
    return caught.value.message


def test_a_server_that_the_authority_vouches_for_is_talked_to_in_private(
    server: MariaDb, authorities: tuple[Authority, Authority]
) -> None:
    assert cipher(database_at(server, authorities[0].file))


def test_another_authority_vouches_for_nothing(server: MariaDb, authorities: tuple[Authority, Authority]) -> None:
    assert said(database_at(server, authorities[1].file)) == faults.NO_TLS


def test_a_certificate_for_another_name_is_refused(authorities: tuple[Authority, Authority]) -> None:
    require_mariadb()
    certificate, key = authorities[0].issue("127.0.0.2")
    with running_mariadb(f"--ssl-cert={certificate}", f"--ssl-key={key}") as impostor:
        impostor.execute("CREATE DATABASE d")
        assert said(database_at(impostor, authorities[0].file, user="root")) == faults.NO_TLS


def test_a_server_without_tls_is_refused_where_an_authority_is_named(
    mariadb: MariaDb, authorities: tuple[Authority, Authority]
) -> None:
    mariadb.execute("CREATE DATABASE IF NOT EXISTS d")
    assert mariadb.execute("SELECT @@have_ssl") == [("DISABLED",)]
    assert said(database_at(mariadb, authorities[0].file, user="root")) == faults.NO_TLS


def test_without_an_authority_the_server_decides(server: MariaDb) -> None:
    """A user who must use TLS gets it, though nobody vouches for the server."""
    assert cipher(database_at(server, None))


def test_a_file_that_is_no_certificate_is_told(server: MariaDb, tmp_path: Path) -> None:
    nonsense = tmp_path / "ca.pem"
    nonsense.write_text("not a certificate")
    assert said(database_at(server, nonsense)) == faults.NO_TLS
