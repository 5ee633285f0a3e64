import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.SignedInfo;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.KeyInfoFactory;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.ExcC14NParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * Signs as the products in Java do, which build on this same implementation (Apache Santuario): Shibboleth, Keycloak, Spring.
 * Each line of the input is a document: kind of key, PKCS #8, certificate, text (all three in base64), signature algorithm, digest
 * algorithm, prefixes or "-". Each line of the output is the signed document in base64.
 */
public class Sign {
  private static final String EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";

  public static void main(String[] none) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) System.out.println(sign(line.split(" ")));
  }

  private static String sign(String[] task) throws Exception {
    PrivateKey key = KeyFactory.getInstance(task[0]).generatePrivate(new PKCS8EncodedKeySpec(decode(task[1])));
    Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(decode(task[2])));
    DocumentBuilderFactory builders = DocumentBuilderFactory.newInstance();
    builders.setNamespaceAware(true);
    Document document = builders.newDocumentBuilder().parse(new ByteArrayInputStream(decode(task[3])));
    Element root = document.getDocumentElement();
    root.setIdAttribute("ID", true);

    XMLSignatureFactory factory = XMLSignatureFactory.getInstance("DOM");
    ExcC14NParameterSpec prefixes = task[6].equals("-") ? null : new ExcC14NParameterSpec(Arrays.asList(task[6].split(",")));
    Reference reference = factory.newReference("#" + root.getAttribute("ID"), factory.newDigestMethod(task[5], null),
      List.of(factory.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null), factory.newTransform(EXCLUSIVE, prefixes)), null, null);
    SignedInfo signedInfo = factory.newSignedInfo(factory.newCanonicalizationMethod(EXCLUSIVE, (C14NMethodParameterSpec) null),
      factory.newSignatureMethod(task[4], null), List.of(reference));
    KeyInfoFactory infos = factory.getKeyInfoFactory();
    KeyInfo keyInfo = infos.newKeyInfo(List.of(infos.newKeyValue(certificate.getPublicKey()), infos.newX509Data(List.of(certificate))));
    DOMSignContext context = new DOMSignContext(key, root, root.getElementsByTagNameNS("*", "Issuer").item(0).getNextSibling());
    context.setDefaultNamespacePrefix("ds");
    factory.newXMLSignature(signedInfo, keyInfo).sign(context);

    StringWriter text = new StringWriter();
    TransformerFactory.newInstance().newTransformer().transform(new DOMSource(document), new StreamResult(text));
    return Base64.getEncoder().encodeToString(text.toString().getBytes("UTF-8"));
  }

  private static byte[] decode(String base64) {
    return Base64.getDecoder().decode(base64);
  }
}
