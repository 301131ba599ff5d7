package dev.groundmesh.tunnel.tls;

import java.math.BigInteger;
import java.security.Principal;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.Set;

/** Bytes that a peer sent as a certificate, not yet looked into, as the engine hands them over. */
final class RawCertificate extends X509Certificate {
  private static final long serialVersionUID = 1;

  private final byte[] der;

  RawCertificate(byte[] der) {
    this.der = der.clone();
  }

  @Override
  public byte[] getEncoded() {
    return der.clone();
  }

  private static UnsupportedOperationException unread() {
    return new UnsupportedOperationException("the verifier reads the encoded form");
  }

  @Override
  public void checkValidity() {
    throw unread();
  }

  @Override
  public void checkValidity(Date date) {
    throw unread();
  }

  @Override
  public int getVersion() {
    throw unread();
  }

  @Override
  public BigInteger getSerialNumber() {
    throw unread();
  }

  @Override
  @SuppressWarnings("deprecation")
  public Principal getIssuerDN() {
    throw unread();
  }

  @Override
  @SuppressWarnings("deprecation")
  public Principal getSubjectDN() {
    throw unread();
  }

  @Override
  public Date getNotBefore() {
    throw unread();
  }

  @Override
  public Date getNotAfter() {
    throw unread();
  }

  @Override
  public byte[] getTBSCertificate() {
    throw unread();
  }

  @Override
  public byte[] getSignature() {
    throw unread();
  }

  @Override
  public String getSigAlgName() {
    throw unread();
  }

  @Override
  public String getSigAlgOID() {
    throw unread();
  }

  @Override
  public byte[] getSigAlgParams() {
    throw unread();
  }

  @Override
  public boolean[] getIssuerUniqueID() {
    throw unread();
  }

  @Override
  public boolean[] getSubjectUniqueID() {
    throw unread();
  }

  @Override
  public boolean[] getKeyUsage() {
    throw unread();
  }

  @Override
  public int getBasicConstraints() {
    throw unread();
  }

  @Override
  public void verify(PublicKey key) {
    throw unread();
  }

  @Override
  public void verify(PublicKey key, String provider) {
    throw unread();
  }

  @Override
  public String toString() {
    return der.length + " bytes";
  }

  @Override
  public PublicKey getPublicKey() {
    throw unread();
  }

  @Override
  public boolean hasUnsupportedCriticalExtension() {
    throw unread();
  }

  @Override
  public Set<String> getCriticalExtensionOIDs() {
    throw unread();
  }

  @Override
  public Set<String> getNonCriticalExtensionOIDs() {
    throw unread();
  }

  @Override
  public byte[] getExtensionValue(String oid) {
    throw unread();
  }
}
