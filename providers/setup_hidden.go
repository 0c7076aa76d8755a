package providers

import (
	"path/filepath"
	"slices"
	"strings"
)

// Hidden fields of a set-up beside the secret. Their values are in memory only.
const (
	SetupPassword        SetupField = "file_password" // of a PFX file
	SetupPassphrase      SetupField = "passphrase"    // of the encrypted file
	SetupPassphraseAgain SetupField = "passphrase_again"
)

// shortPassphrase is the length in characters below which a passphrase is called short.
const shortPassphrase = 12

// SetHidden takes the value of a hidden field other than the secret; what was there is
// overwritten. It is never a part of what is kept to be gone on with.
func (s *Setup) SetHidden(f SetupField, value Hidden) {
	if s.Hidden == nil {
		s.Hidden = map[SetupField]Hidden{}
	}
	old := s.Hidden[f]
	old.Wipe()
	s.Hidden[f] = value
}

// HiddenAt is the value of a hidden field other than the secret.
func (s Setup) HiddenAt(f SetupField) Hidden { return s.Hidden[f] }

// CopyHidden gives s hidden values of its own, which another may wipe.
func (s *Setup) CopyHidden() {
	own := map[SetupField]Hidden{}
	for f, value := range s.Hidden {
		own[f] = NewHidden(value.Reveal())
	}
	s.Hidden = own
}

// WipeHidden overwrites them.
func (s *Setup) WipeHidden() {
	for f, value := range s.Hidden {
		value.Wipe()
		delete(s.Hidden, f)
	}
}

// hiddenLen is how long the value of a hidden field is.
func (s Setup) hiddenLen(f SetupField, secret Hidden) int {
	if f == SetupSecret {
		return secret.Len()
	}
	return s.Hidden[f].Len()
}

// PFX reports whether the certificate's file is a PFX file, by its name.
func (s Setup) PFX() bool {
	return PFXFile(s.Get(SetupFile))
}

// PFXFile reports whether a file is one that Windows exports, by its name.
func PFXFile(path string) bool {
	return slices.Contains([]string{".pfx", ".p12"}, strings.ToLower(filepath.Ext(path)))
}

// fileInputs are the fields of a certificate that is in a file.
func (s Setup) fileInputs() []SetupInput {
	file := SetupInput{Field: SetupFile, Kind: SetupText, Label: "certificate", Ask: "File with the certificate (PEM or PFX)?",
		Help: "The certificate whose public half is uploaded under Certificates, with its key: a PEM file, or a PFX file (.pfx, .p12) as Windows exports it."}
	if s.PFX() {
		return []SetupInput{file, {Field: SetupPassword, Kind: SetupHidden, Label: "its password", Ask: "Password of the PFX file (optional)?", Optional: true,
			Help: "The password that the file was exported with; none where it has none. It opens the file once and is kept nowhere: the key goes to where credentials are kept."}}
	}
	return []SetupInput{file, {Field: SetupKeyFile, Kind: SetupText, Label: "its key", Ask: "PEM file with its key (optional)?", Help: "Only where the key is not in the certificate's file.", Optional: true}}
}

// passphraseInputs are the fields of the encrypted file, where it is chosen: twice, as it
// is new, but once where the key of a certificate is in it already.
func (s Setup) passphraseInputs() []SetupInput {
	if s.Get(SetupKeystore) != "age" || s.PassphraseRead {
		return nil
	}
	first := SetupInput{Field: SetupPassphrase, Kind: SetupHidden, Label: "passphrase", Ask: "Passphrase of the encrypted file?",
		Help: "It is asked at each start, or read from the file that ROOMDESK_PASSPHRASE_FILE names. It is kept nowhere: without it the file cannot be opened, and a new credential is needed."}
	if s.Made != nil && s.Made.Keystore == "age" && s.Get(SetupCredential) == SetupMade && !s.Individual() {
		return []SetupInput{first}
	}
	return []SetupInput{first, {Field: SetupPassphraseAgain, Kind: SetupHidden, Label: "once more", Ask: "The passphrase once more?", Help: "The same again, for nobody sees what was typed."}}
}

// checkHidden says what there is to say of a hidden field other than the secret.
func (s Setup) checkHidden(f SetupField) Advice {
	switch phrase := strings.TrimSpace(s.Hidden[SetupPassphrase].Reveal()); f {
	case SetupPassphrase:
		switch {
		case phrase == "":
			return Advice{Text: "asked at each start; several words are good"}
		case len([]rune(phrase)) < shortPassphrase:
			return Advice{Text: "this is short: several words are better"}
		}
		return fine("long enough")
	case SetupPassphraseAgain:
		again := strings.TrimSpace(s.Hidden[SetupPassphraseAgain].Reveal())
		switch {
		case again == "":
			return Advice{Text: "the same once more"}
		case again != phrase:
			return wrong("the two passphrases differ")
		}
		return fine("the same")
	case SetupPassword:
		if s.Hidden[f].Len() > 0 {
			return Advice{}
		}
		return Advice{Text: "nothing, where the file has no password"}
	}
	return Advice{}
}
