// A person at a browser, with plain HTTP: keeps cookies, reads forms, presses
// buttons. No page of the sign-in needs a script.

const unescape = (text) => text.replace(/&(#(\d+)|#x([0-9a-f]+)|amp|lt|gt|quot);/gi, (_, name, decimal, hex) =>
  decimal ? String.fromCodePoint(Number(decimal)) : hex ? String.fromCodePoint(parseInt(hex, 16)) : { amp: '&', lt: '<', gt: '>', quot: '"' }[name.toLowerCase()]);

const attributes = (tag) => Object.fromEntries([...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, unescape(value)]));

export class Browser {
  /** @param authority where cookies belong; a redirect elsewhere ends the visit. */
  constructor(authority) {
    this.origin = new URL(authority).origin;
    this.cookies = new Map();
    this.headings = [];
  }

  open(address) {
    return this.send(new URL(address, this.origin), { method: 'GET' });
  }

  async send(address, init) {
    this.left = undefined;
    const response = await fetch(address, {
      ...init, redirect: 'manual',
      headers: { ...init.headers, Cookie: [...this.cookies].map((c) => c.join('=')).join('; ') },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0].split('=');
      this.cookies.set(name, value);
    }
    const text = await response.text();
    const target = response.headers.get('Location');
    if (response.status >= 300 && response.status < 400 && target) {
      const next = new URL(target, address);
      if (next.origin === this.origin) return this.send(next, { method: 'GET' });
      this.left = next;
      return this;
    }
    this.status = response.status;
    this.html = text;
    const one = (pattern) => unescape(pattern.exec(text)?.[1] ?? '');
    this.heading = one(/<h1>([^<]*)<\/h1>/);
    this.alert = one(/role="alert">([^<]*)</);
    this.headings.push(this.heading);
    const form = /<form [^>]*>/.exec(text)?.[0];
    this.action = form && new URL(attributes(form).action, address);
    this.inputs = [...text.matchAll(/<input [^>]*>/g)].map(([tag]) => attributes(tag));
    this.buttons = [...text.matchAll(/<button ([^>]*)>([^<]*)</g)].map(([, tag, label]) => ({ ...attributes(tag), label }));
    return this;
  }

  /** Fills in the form and presses a button, by its value; "" is one without. */
  press(value, fields = {}) {
    const button = this.buttons.find((b) => (b.value ?? '') === value);
    if (!this.action || !button) throw new Error(`"${this.heading}" ${this.alert} has no button ${value}: ${this.html}`);
    const body = new URLSearchParams();
    for (const { name, type, value: preset } of this.inputs) if (type !== 'checkbox') body.set(name, preset ?? '');
    for (const [name, text] of Object.entries(fields)) {
      if (!this.inputs.some((i) => i.name === name)) throw new Error(`"${this.heading}" ${this.alert} asks for no ${name}`);
      body.set(name, text);
    }
    if (button.name) body.set(button.name, button.value);
    return this.send(this.action, { method: 'POST', body, headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: this.origin } });
  }

  /** Goes through the pages until the browser is sent to the application, or nothing is left to do. */
  async signIn(name, password, { code } = {}) {
    for (let pages = 0; pages < 10; pages++) {
      if (this.left || !this.action || this.action.origin !== this.origin) return this;
      if (this.alert) throw new Error(this.alert);
      const asks = (input) => this.inputs.some((i) => i.name === input);
      const offers = (value) => this.buttons.some((b) => b.value === value);
      if (asks('otc')) await this.press('code', { otc: code });
      else if (asks('loginfmt')) await this.press('signin', { loginfmt: name, passwd: password });
      else if (this.buttons.some((b) => b.name === 'account' && b.label.includes(name))) await this.press(this.buttons.find((b) => b.name === 'account' && b.label.includes(name)).value);
      else if (offers('accept')) await this.press('accept');
      else if (offers('continue')) await this.press('continue');
      else throw new Error(`"${this.heading}" leads nowhere: ${this.html}`);
    }
    throw new Error('the pages do not end');
  }
}
